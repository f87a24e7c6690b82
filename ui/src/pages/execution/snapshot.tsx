import type { Execution } from '../../../../packages/client/src/schema.ts';
import { printJson } from '../../api/json.ts';
import { CopyButton } from '../../components/copy-button.tsx';
import { Empty } from '../../components/states.tsx';
import { When } from '../../components/when.tsx';
import { formatCount } from '../../format/count.ts';
import { formatCurl, hasUnrecorded, UNRECORDED } from '../../format/curl.ts';
import { HeaderList } from './header-list.tsx';
import { Body } from './response.tsx';

type SnapshotProps = { readonly snapshot: Execution['jobSnapshot']; readonly isToCome: boolean };

/** The request that was or will be sent, with parameters filled in. */
export const Snapshot = ({ snapshot, isToCome }: SnapshotProps) => (
  <section class="card" aria-labelledby="request">
    <header class="card-head">
      <h2 id="request">Request</h2>
      {snapshot === null ? null : <span class="quiet small">{isToCome ? 'To be sent' : 'The job at that time'}</span>}
    </header>
    {snapshot === null ? (
      <Empty icon="executions" title="No request">
        No request was sent, or its content isn't known yet.
      </Empty>
    ) : snapshot.taskType === 'WorkerTask' ? (
      <Work snapshot={snapshot} />
    ) : (
      <Sent snapshot={snapshot} />
    )}
  </section>
);

type SnapshotOf<Type> = Extract<Execution['jobSnapshot'], { readonly taskType: Type }>;

/** Work for a worker. */
const Work = ({ snapshot }: { readonly snapshot: SnapshotOf<'WorkerTask'> }) => {
  const { task, queue, input, resolvedParameters } = snapshot;
  return (
    <div class="card-body stack">
      <p>
        <code class="call">
          <strong>{task}</strong> in {queue}
        </code>
      </p>
      <Body data={input} />
      {resolvedParameters.length === 0 ? null : <Parameters parameters={resolvedParameters} zone={snapshot.timezone} />}
    </div>
  );
};

const Sent = ({ snapshot }: { readonly snapshot: SnapshotOf<'HttpInvokerTask'> }) => {
  const { method, url, headers, body, resolvedParameters, omitted } = snapshot;
  const sent = body === undefined || typeof body === 'string' ? body : printJson(body, 0);
  const request = { method, url, headers, body: sent };
  return (
    <div class="card-body stack">
      <p>
        <code class="call">
          <strong>{method}</strong> {url}
        </code>
        <CopyButton what="URL" text={url} isSmall />
      </p>
      <Body data={body} />
      <details>
        <summary>{formatCount(Object.keys(headers).length, 'header')}</summary>
        <HeaderList headers={headers} />
      </details>
      <p>
        <CopyButton what="request as cURL" text={formatCurl(request)} />
        {hasUnrecorded(request) ? <span class="quiet small"> {UNRECORDED}</span> : null}
      </p>
      {resolvedParameters.length === 0 ? null : <Parameters parameters={resolvedParameters} zone={snapshot.timezone} />}
      {omitted === undefined ? null : (
        <p class="quiet small">
          Omitted because of its size: {formatCount(omitted.headers, 'header')} and{' '}
          {formatCount(omitted.resolvedParameters, 'parameter')}.
        </p>
      )}
    </div>
  );
};

type ParametersProps = {
  readonly parameters: NonNullable<Execution['jobSnapshot']>['resolvedParameters'];
  readonly zone: string;
};

const Parameters = ({ parameters, zone }: ParametersProps) => (
  <div class="table-card">
    <table class="parameters">
      <caption class="unseen">Parameters and their values</caption>
      <thead>
        <tr>
          <th scope="col">Parameter</th>
          <th scope="col">Value</th>
          <th scope="col">As of</th>
        </tr>
      </thead>
      <tbody>
        {parameters.map(({ expression, value, at }) => (
          <tr key={expression}>
            <th scope="row">
              <code>{expression}</code>
            </th>
            <td>
              <code>{value}</code>
            </td>
            <td>
              <When at={at} zone={zone} />
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  </div>
);
