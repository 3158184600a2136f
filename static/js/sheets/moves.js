// @ts-check
// The sheet on which zones and cuts are moved. The server draws it; here zones can
// be dragged, forms are sent without leaving the page, and it is kept up to date.
//rw:styles zone-copies zone-editor zone-mover cut-ladder

import '../../elements/name-form/name-form.js';
import '../../elements/net-strip/net-strip.js';
import '../../elements/page-tools/page-tools.js';
import '../../elements/cut-ladder/cut-ladder.js';
import '../../elements/zone-mover/zone-mover.js';
import '../live-parts.js';
import { start } from '../session.js';

start('name-form', 'net-strip', 'page-tools', 'live-parts');
