import { api, dataOf } from '../../api/client.ts';
import { useQuery } from '../../api/queries.ts';
import { Failed, Loading } from '../../components/states.tsx';
import { formatNumber } from '../../format/count.ts';
import { Tile } from './tiles.tsx';

/** Counts of jobs and executions as of an instant. The rest of the overview has no past. */
export const OverviewThen = ({ asOf }: { readonly asOf: string }) => {
  const { data, error, again } = useQuery({
    key: ['stats', { asOf }],
    load: (signal) => dataOf(api.GET('/stats', { params: { query: { asOf } }, signal })),
    live: false,
  });
  if (data === undefined) return error === null ? <Loading /> : <Failed error={error} again={again} />;
  const { jobs, executions } = data;
  return (
    <ul class="tiles">
      <Tile title="Jobs" value={formatNumber(jobs.total)}>
        {formatNumber(jobs.enabled)} enabled
      </Tile>
      <Tile title="Running at that time" value={formatNumber(executions.running)}>
        {formatNumber(executions.pending)} waiting
      </Tile>
      <Tile title="Executions, previous 24 h" value={formatNumber(executions.last24h)}>
        {null}
      </Tile>
      <Tile title="Succeeded so far" value={formatNumber(executions.succeeded)}>
        {null}
      </Tile>
      <Tile title="Failed so far" value={formatNumber(executions.failed)}>
        {formatNumber(executions.cancelled)} cancelled
      </Tile>
    </ul>
  );
};
