// @ts-check
// The fault bench: a page of forms, made by the server. Scripts add what every
// page has: the name form, the strip, language and theme.
//rw:styles fault-bench

import '../../elements/name-form/name-form.js';
import '../../elements/net-strip/net-strip.js';
import '../../elements/page-tools/page-tools.js';
import { byServer } from '../by-server.js';
import { start, store } from '../session.js';

byServer();

// A lookup that took longer than a request may: the page was made before its end.
const steps = document.querySelectorAll('.accuse .steps li').length;
store.addEventListener('change', () => {
  if (steps && store.log.ended && store.full.balloons.length > steps && store.log.trace === document.body.dataset.trace) location.reload();
});

start('name-form', 'net-strip', 'page-tools');
