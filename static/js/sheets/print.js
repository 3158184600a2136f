// @ts-check
// A trace on paper: the drawing as it is at the end.

import '../../elements/name-form/name-form.js';
import '../../elements/net-strip/net-strip.js';
import '../../elements/page-tools/page-tools.js';
import '../../elements/net-drawing/net-drawing.js';
import '../../elements/print-sheet/print-sheet.js';
import { reloadForLanguage } from '../reload.js';
import { prefs, start, store, story } from '../session.js';

//rw:styles line-legend

start('name-form', 'net-strip', 'page-tools', 'net-drawing');
reloadForLanguage(prefs);
const last = () => { if (story.state.n !== story.state.count) story.last(); };
store.addEventListener('change', last);
story.addEventListener('change', last);
