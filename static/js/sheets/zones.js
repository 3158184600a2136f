// @ts-check
// The sheet of zones. The server draws it; here its forms are sent without
// leaving the page, and it is kept up to date.
//rw:styles zone-copies zone-editor

import '../../elements/name-form/name-form.js';
import '../../elements/net-strip/net-strip.js';
import '../../elements/page-tools/page-tools.js';
import '../live-parts.js';
import { start } from '../session.js';

start('name-form', 'net-strip', 'page-tools', 'live-parts');
