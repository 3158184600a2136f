// @ts-check
// The spoof race: a form and what was counted, made by the server.
//rw:styles fault-bench spoof-race

import '../../elements/name-form/name-form.js';
import '../../elements/net-strip/net-strip.js';
import '../../elements/page-tools/page-tools.js';
import { byServer } from '../by-server.js';
import { start } from '../session.js';

byServer();
start('name-form', 'net-strip', 'page-tools');
