// @ts-check
// The detail sheet of the chain of trust: the server draws it, and links are
// inked one by one here. It is loaded anew when a trace that was running ends.

import '../../elements/name-form/name-form.js';
import '../../elements/net-strip/net-strip.js';
import '../../elements/page-tools/page-tools.js';
import '../../elements/trust-chain/trust-chain.js';
import { start, store } from '../session.js';
import { busyForms } from '../busy-forms.js';

busyForms('form.check');
const running = document.querySelector('main [role="status"]');
if (running) store.addEventListener('change', () => { if (store.log.ended) location.reload(); });
start('name-form', 'net-strip', 'page-tools');
