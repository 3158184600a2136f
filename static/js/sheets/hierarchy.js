// @ts-check
// The detail sheet about the tree as a whole: the server draws it.
//rw:styles walk-pair census-squares

import '../../elements/name-form/name-form.js';
import '../../elements/net-strip/net-strip.js';
import '../../elements/page-tools/page-tools.js';
import '../live-parts.js';
import { start } from '../session.js';
import { busyForms } from '../busy-forms.js';

busyForms('.priming form');
start('name-form', 'net-strip', 'page-tools', 'live-parts');
