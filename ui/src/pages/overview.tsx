import { answerOf, api } from '../api/client.ts';
import { useQuery } from '../api/queries.ts';
import { session } from '../api/session.ts';
import { PageHead } from '../parts/layout.tsx';
import { Attention } from './overview/attention.tsx';
import { Hours } from './overview/hours.tsx';
import { Parts } from './overview/parts.tsx';
import { Tiles } from './overview/tiles.tsx';
import { Upcoming } from './overview/upcoming.tsx';

/** What fires next, what failed and why, and whether Carillon itself is well. */
const Overview = () => {
  const statistics = useQuery({ key: ['stats'], ask: (signal) => answerOf(api.GET('/stats', { signal })) });
  const hours = useQuery({ key: ['stats', 'hours'], ask: (signal) => answerOf(api.GET('/stats/hours', { signal })) });
  const attention = useQuery({ key: ['attention'], ask: (signal) => answerOf(api.GET('/attention', { signal })) });
  const upcoming = useQuery({ key: ['upcoming'], ask: (signal) => answerOf(api.GET('/upcoming', { signal })) });
  return (
    <>
      <PageHead title="Overview" />
      <div class="overview">
        <Tiles statistics={statistics.data} hours={hours.data?.hours} attention={attention.data?.jobs} />
        <Upcoming upcoming={upcoming} />
        <Attention attention={attention} />
        <Hours hours={hours} />
        {session.may('scheduler:admin') ? <Parts statistics={statistics.data} /> : null}
      </div>
    </>
  );
};

export default Overview;
