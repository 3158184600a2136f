// @ts-check
// Sheet 6: what a browser asks for and what it is told. The server draws it; here
// it is kept up to date.
//rw:styles http-exchange journey-line beliefs

import '../../elements/name-form/name-form.js';
import '../../elements/net-strip/net-strip.js';
import '../../elements/page-tools/page-tools.js';
import '../live-parts.js';
import { start } from '../session.js';

start('name-form', 'net-strip', 'page-tools', 'live-parts');
