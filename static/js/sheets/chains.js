// @ts-check
// The detail sheet about what takes more than one question: the server draws it.
//rw:styles walk-pair chain-links

import '../../elements/name-form/name-form.js';
import '../../elements/net-strip/net-strip.js';
import '../../elements/page-tools/page-tools.js';
import { start } from '../session.js';
import { busyForms } from '../busy-forms.js';

busyForms('.errands form, .modes form');
start('name-form', 'net-strip', 'page-tools');
