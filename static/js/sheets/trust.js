// @ts-check
// The detail sheet of the chain of trust: the server draws it, and links are
// inked one by one here. While a lookup runs, the server draws each link anew as
// its facts come.

import '../../elements/name-form/name-form.js';
import '../../elements/net-strip/net-strip.js';
import '../../elements/page-tools/page-tools.js';
import '../../elements/trust-chain/trust-chain.js';
import '../live-parts.js';
import { start } from '../session.js';
import { busyForms } from '../busy-forms.js';

busyForms('form.check');
start('name-form', 'net-strip', 'page-tools', 'live-parts');
