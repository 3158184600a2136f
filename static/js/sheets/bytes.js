// @ts-check
// The detail sheet about the bytes of a message.

import '../../elements/name-form/name-form.js';
import '../../elements/net-strip/net-strip.js';
import '../../elements/page-tools/page-tools.js';
import '../../elements/byte-sheet/byte-sheet.js';
import { reloadForLanguage } from '../reload.js';
import { prefs, start } from '../session.js';

start('name-form', 'net-strip', 'page-tools');
reloadForLanguage(prefs);
