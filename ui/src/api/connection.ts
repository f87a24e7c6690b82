import { signal } from '@preact/signals';
import { warningsOf } from '../../../packages/client/src/warnings.ts';
import { rememberSession } from './remembered-session.ts';

/** The service's state according to the last responses. */
const online = signal(true);
const expired = signal(false);
const lagSeconds = signal(0);
/** From the last response with warnings. */
const warnings = signal<readonly string[]>([]);

export const connection = {
  /** Whether the service responds. */
  online,
  /** Whether the service reported that no one is signed in any more. */
  expired,
  /** Lag of the lists, in seconds. */
  lagSeconds,
  warnings,
  heard: (response: Response): void => {
    const { status, headers } = response;
    online.value = status !== 503;
    if (status === 401) {
      expired.value = true;
      rememberSession(null);
    }
    const lag = headers.get('carillon-lag');
    if (status === 200) lagSeconds.value = lag === null ? 0 : Number(lag);
    const warned = warningsOf(response);
    if (warned.length > 0) warnings.value = warned;
  },
  failed: (): void => {
    online.value = false;
  },
};
