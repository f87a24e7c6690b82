import { signal } from '@preact/signals';
import { warningsOf } from '../../../src/client/warnings.ts';
import { rememberSession } from './remembered-session.ts';

/** What the last answers tell of the service. */
const online = signal(true);
const expired = signal(false);
const lagSeconds = signal(0);
/** Of the last answer that had any. */
const warnings = signal<readonly string[]>([]);

export const connection = {
  /** Whether the service answers. */
  online,
  /** Whether it said that nobody is signed in any more. */
  expired,
  /** By how many seconds its lists are behind. */
  lagSeconds,
  warnings,
  answered: (answer: Response): void => {
    const { status, headers } = answer;
    online.value = status !== 503;
    if (status === 401) {
      expired.value = true;
      rememberSession(null);
    }
    const lag = headers.get('carillon-lag');
    if (status === 200) lagSeconds.value = lag === null ? 0 : Number(lag);
    const warned = warningsOf(answer);
    if (warned.length > 0) warnings.value = warned;
  },
  failed: (): void => {
    online.value = false;
  },
};
