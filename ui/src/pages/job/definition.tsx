import type { ComponentChildren } from 'preact';
import type { Job } from '../../../../packages/client/src/schema.ts';
import { printJson } from '../../api/json.ts';
import { CopyButton } from '../../components/copy-button.tsx';
import { When } from '../../components/when.tsx';
import { formatCount } from '../../format/count.ts';
import { formatDuration } from '../../format/time.ts';
import { usePreview } from './preview.ts';

/** A job's definition in plain language. */
export const Definition = ({ job, asOf }: { readonly job: Job; readonly asOf: string | undefined }) => {
  const { data: preview } = usePreview(job, asOf);
  return (
    <section class="card whole definition" aria-labelledby="definition">
      <header class="card-head">
        <h2 id="definition">Definition</h2>
        <span class="quiet small">
          Changed <When at={job.updatedAt} zone={job.timezone} /> by {job.updatedBy}
        </span>
      </header>
      <div class="card-body">
        <p class="words">{preview?.scheduleText ?? job.pattern ?? ''}</p>
        {job.description === undefined ? null : <p>{job.description}</p>}
        <dl class="facts">
          {job.taskType === 'HttpInvokerTask' ? (
            <Request task={job.taskConfig} />
          ) : (
            <Fact name="Work">
              <code class="call">
                <strong>{job.taskConfig.task}</strong> in {job.taskConfig.queue}
              </code>
            </Fact>
          )}
          {job.pattern === undefined ? null : (
            <Fact name="Pattern">
              <code>{job.pattern}</code> in {job.timezone}
            </Fact>
          )}
          <Fact name="Overlap">{OVERLAP[job.overlap ?? 'skip']}</Fact>
          <Fact name="Missed slots">{MISFIRE[job.misfire ?? 'last']}</Fact>
          <Fact name="Retries">{formatRetry(job)}</Fact>
          {HOOKS.map(([name, when]) =>
            job[name] === undefined ? null : (
              <Fact key={name} name={when}>
                {formatHook(job[name])}
              </Fact>
            ),
          )}
          {job.retention === undefined ? null : <Fact name="Retention">{formatRetention(job.retention)}</Fact>}
          {job.limit === undefined ? null : <Fact name="Limit">{job.limit}</Fact>}
          {job.completion === 'callback' ? <Fact name="Completion">When the target reports the result</Fact> : null}
          {job.confidential === true ? <Fact name="Confidential">Body and results are encrypted</Fact> : null}
          <Fact name="Id">
            {job.id}
            <CopyButton what="id" text={String(job.id)} isSmall />
          </Fact>
          <Fact name="Created">
            <When at={job.createdAt} zone={job.timezone} /> by {job.createdBy}
          </Fact>
        </dl>
        <details>
          <summary>As JSON</summary>
          <pre class="json">{printJson(job)}</pre>
          <CopyButton what="JSON" text={printJson(job)} />
        </details>
      </div>
    </section>
  );
};

type HttpConfig = Extract<Job, { readonly taskType: 'HttpInvokerTask' }>['taskConfig'];

const Request = ({ task }: { readonly task: HttpConfig }) => {
  const url = task.url ?? `${task.endpoint ?? ''}${task.path ?? ''}`;
  return (
    <>
      <Fact name="Request">
        <code class="call">
          <strong>{task.method}</strong> {url}
        </code>
        <CopyButton what="URL" text={url} isSmall />
      </Fact>
      <Fact name="Timeout">{formatTimeout(task.timeout)}</Fact>
    </>
  );
};

const DEFAULT_TIMEOUT_MS = 30_000;

/** With its unit as written, or formatted milliseconds. */
const formatTimeout = (timeout: HttpConfig['timeout'] = DEFAULT_TIMEOUT_MS): string =>
  typeof timeout === 'number' ? formatDuration(timeout) : timeout;

const Fact = ({ name, children }: { readonly name: string; readonly children: ComponentChildren }) => (
  <div>
    <dt>{name}</dt>
    <dd>{children}</dd>
  </div>
);

const OVERLAP: Readonly<Record<NonNullable<Job['overlap']>, string>> = {
  skip: 'Skip further slots',
  allow: 'Run several in parallel',
  queue: 'Queue one more run',
  replace: 'Cancel the running one',
};
const MISFIRE: Readonly<Record<NonNullable<Job['misfire']>, string>> = {
  last: 'Run the latest missed slot',
  skip: "Don't run missed slots",
  all: 'Run all missed slots',
};

const HOOKS = [
  ['onFailure', 'Failure hook'],
  ['onSuccess', 'Success hook'],
] as const;

const formatHook = (hook: Job['onFailure']): string =>
  typeof hook === 'object' ? `Sends the execution to ${hook.url}` : 'None';

const formatRetention = ({ maxAge, keepLast }: NonNullable<Job['retention']>): string => {
  const age = `Executions of the last ${typeof maxAge === 'number' ? formatDuration(maxAge) : maxAge}`;
  return keepLast === undefined ? age : `${age}, and the last ${keepLast} in any case`;
};

const formatRetry = ({ retry, disableAfter }: Job): string => {
  const attempts = retry?.maxAttempts ?? 1;
  const tried = attempts === 1 ? 'No retries' : `Up to ${formatCount(attempts, 'attempt')}`;
  return disableAfter === undefined
    ? tried
    : `${tried}; disabled after ${formatCount(disableAfter, 'failure')} in a row`;
};
