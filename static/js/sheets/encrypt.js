// @ts-check
// The sheet of TLS. The server draws it; nothing of it needs a script.
//rw:styles secure-sheet beliefs

import '../../elements/name-form/name-form.js';
import '../../elements/net-strip/net-strip.js';
import '../../elements/page-tools/page-tools.js';
import { start } from '../session.js';

start('name-form', 'net-strip', 'page-tools');
