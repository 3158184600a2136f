// @ts-check
// The list of the page's keys, and the switch for letters (WCAG 2.1.4). Loaded
// by need: from the play bar's "?" and the key of that name.

import { make } from '../../js/dom.js';
import { Keys } from '../play-bar/keys.js';

/** @type {[keys: string[], word: string][]} */
const LIST = [[['→', '←'], 'keys.next'], [['Space'], 'keys.play'], [['Home', 'End'], 'keys.ends'], [['↑', '↓'], 'keys.fields'], [['P'], 'keys.projector'], [['F'], 'keys.full'], [['?'], 'keys.list'],
  [['PgDn', 'PgUp'], 'keys.clicker'], [['.', 'B'], 'keys.blank'], [['Esc'], 'keys.esc']];

/** @type {{prefs: import('../../js/prefs.js').Prefs}} */ let session;
/** @type {HTMLDialogElement | null} */ let dialog = null;

/** @param {typeof session} s */
export function wire(s) { session = s; }

/** Shows the list, or puts it away. */
export function open() {
  if (!dialog) {
    dialog = make('dialog', 'keylist');
    dialog.setAttribute('aria-labelledby', 'keylist-title');
    document.body.append(dialog);
  }
  if (dialog.open) {
    dialog.close();
    return;
  }
  const { words } = session.prefs, title = make('h2', '', words.say('keys.title')), list = make('dl');
  title.id = 'keylist-title';
  for (const [keys, word] of LIST) {
    const dt = make('dt');
    dt.append(...keys.map(k => make('kbd', '', k)));
    list.append(dt, make('dd', '', words.say(word)));
  }
  const letters = make('label'), box = make('input');
  box.type = 'checkbox';
  box.checked = Keys.letters;
  box.addEventListener('change', () => { Keys.letters = box.checked; });
  letters.append(box, make('span', '', words.say('keys.letters')));
  const form = make('form');
  form.method = 'dialog';
  form.append(make('button', 'primary', words.say('keys.close')));
  dialog.replaceChildren(title, list, letters, form);
  dialog.showModal();
}
