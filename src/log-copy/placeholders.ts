import type { NewEvent } from '../event-store/port.ts';
import type { World } from '../world.ts';
import type { Carrier } from './carrier.ts';

const AT_ONCE = 1_000;
/** No release knows this type, and all may pass it over: a log that only hides what is cut may still show it. */
const TYPE = 'PrefixCut';

/** Events in the place of those that were cut, so that what follows them stands at its own revision. */
export function* placeholders(
  carrier: Carrier,
  { count, random }: { count: number; random: World['random'] },
): Generator<readonly NewEvent[], void, undefined> {
  const metadata = JSON.stringify({ actor: { type: 'system', name: 'log copy' }, correlationId: random.uuid() });
  for (let left = count; left > 0; left -= AT_ONCE) {
    yield Array.from({ length: Math.min(left, AT_ONCE) }, () =>
      carrier.carry(random.uuid(), { type: TYPE, data: '{}', metadata }),
    );
  }
}
