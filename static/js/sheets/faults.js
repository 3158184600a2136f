// @ts-check
// The fault bench: a page of forms, made by the server. Scripts add what every
// page has: the name form, the strip, language and theme.
//rw:styles fault-bench

import '../../elements/name-form/name-form.js';
import '../../elements/net-strip/net-strip.js';
import '../../elements/page-tools/page-tools.js';
import { byServer } from '../by-server.js';
import { start } from '../session.js';

byServer();
start('name-form', 'net-strip', 'page-tools');
