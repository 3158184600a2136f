// @ts-check
// Sheet 4: what two programs, two kernels and the wire do. The server draws it;
// here it is kept up to date, and stepped through without leaving the page.
//rw:styles beliefs

import '../../elements/name-form/name-form.js';
import '../../elements/net-strip/net-strip.js';
import '../../elements/page-tools/page-tools.js';
import '../../elements/socket-lanes/socket-lanes.js';
import '../live-parts.js';
import { start } from '../session.js';

start('name-form', 'net-strip', 'page-tools', 'live-parts');
