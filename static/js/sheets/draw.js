// @ts-check
// Sheet 7: what a browser makes of the octets that came. The server draws it; here
// it is stepped through without leaving the page, and the page of the lab that the
// browser draws in a frame is listened to.
//rw:styles http-exchange

import '../../elements/draw-steps/draw-steps.js';
import '../../elements/name-form/name-form.js';
import '../../elements/net-strip/net-strip.js';
import '../../elements/page-frame/page-frame.js';
import '../../elements/page-tools/page-tools.js';
import '../live-parts.js';
import { start } from '../session.js';

start('name-form', 'net-strip', 'page-tools', 'live-parts', 'page-frame');
