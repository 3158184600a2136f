// @ts-check
// Sheet 2, the drawing: its elements, and the session that they show.
//rw:styles line-legend

import '../elements/name-form/name-form.js';
import '../elements/net-strip/net-strip.js';
import '../elements/step-list/step-list.js';
import '../elements/net-drawing/net-drawing.js';
import '../elements/lesson-clock/lesson-clock.js';
import '../elements/cache-table/cache-table.js';
import '../elements/byte-inspector/byte-inspector.js';
import '../elements/play-bar/play-bar.js';
import '../elements/step-scrubber/step-scrubber.js';
import '../elements/time-lanes/time-lanes.js';
import '../elements/title-block/title-block.js';
import '../elements/trace-transcript/trace-transcript.js';
import '../elements/outside-list/outside-list.js';
import '../elements/page-tools/page-tools.js';
import '../elements/panel-tabs/panel-tabs.js';
import { start } from './session.js';

start('name-form', 'net-strip', 'step-list', 'net-drawing', 'lesson-clock', 'cache-table', 'byte-inspector', 'play-bar', 'step-scrubber', 'time-lanes', 'title-block',
  'trace-transcript', 'outside-list', 'outside-count', 'page-tools', 'panel-tabs');
