// @ts-check
// The lanes of sheet 4: steps that are links.

import { StepLinks } from '../../js/step-links.js';

customElements.define('socket-lanes', class extends StepLinks {});
