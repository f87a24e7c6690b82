import { api, dataOf } from '../api/client.ts';
import { byRuns, useQuery } from '../api/queries.ts';
import { session } from '../api/session.ts';
import { useAsOfBar } from '../components/as-of.tsx';
import { useAttention } from '../components/attention.ts';
import { TWO_DAYS, useHours } from '../components/hours.ts';
import { PageHead } from '../components/layout.tsx';
import { Loading } from '../components/states.tsx';
import { Attention } from './overview/attention.tsx';
import { Hours } from './overview/hours.tsx';
import { Parts } from './overview/parts.tsx';
import { OverviewThen } from './overview/then.tsx';
import { Tiles } from './overview/tiles.tsx';
import { Upcoming } from './overview/upcoming.tsx';

/** What needs attention, key figures, the last hours, next slots and health of Carillon; or counts as of an instant. */
const Overview = () => {
  const { asOf, bar } = useAsOfBar('/');
  return (
    <>
      <PageHead title="Overview" />
      {bar}
      {asOf === undefined ? <OverviewNow /> : <OverviewThen asOf={asOf} />}
    </>
  );
};

export default Overview;

const COUNTS_REST_MS = 10_000;
const SLOTS_REST_MS = 20_000;

const OverviewNow = () => {
  const statistics = useQuery({
    key: ['stats'],
    load: (signal) => dataOf(api.GET('/stats', { signal })),
    touched: byRuns(),
    restMs: COUNTS_REST_MS,
  });
  const hours = useHours(TWO_DAYS);
  const attention = useAttention();
  const upcoming = useQuery({
    key: ['upcoming'],
    load: (signal) => dataOf(api.GET('/upcoming', { signal })),
    touched: byRuns(),
    restMs: SLOTS_REST_MS,
  });
  // Shown together: later content would move what is already visible.
  if ([statistics, hours, attention, upcoming].some(({ isPending }) => isPending)) return <Loading lines={12} />;
  return (
    <div class="overview">
      <Attention attention={attention} />
      <Tiles statistics={statistics.data} hours={hours.data?.hours} />
      <Hours />
      <Upcoming upcoming={upcoming} />
      {session.may('scheduler:admin') ? <Parts statistics={statistics.data} /> : null}
    </div>
  );
};
