// @ts-check
// The detail sheet on which two runs are compared: the server draws all of it. A
// run takes a while, and the button says so.
//rw:styles walk-pair

import '../../elements/name-form/name-form.js';
import '../../elements/net-strip/net-strip.js';
import '../../elements/page-tools/page-tools.js';
import { start } from '../session.js';
import { busyForms } from '../busy-forms.js';

busyForms('form.changes');
start('name-form', 'net-strip', 'page-tools');
