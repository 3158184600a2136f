// @ts-check
// The sheet of zone transfers. The server draws it; here it is kept up to date.

import '../../elements/name-form/name-form.js';
import '../../elements/net-strip/net-strip.js';
import '../../elements/page-tools/page-tools.js';
import '../../elements/zone-copies/zone-copies.js';
import '../live-parts.js';
import { start } from '../session.js';

start('name-form', 'net-strip', 'page-tools', 'live-parts', 'zone-copies');
