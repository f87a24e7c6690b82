import { useState } from 'preact/hooks';
import type { Preview } from '../../../../packages/client/src/schema.ts';
import { api, dataOf, reasonHeader } from '../../api/client.ts';
import { session } from '../../api/session.ts';
import { ActDialog } from '../../components/act-dialog.tsx';
import { Status } from '../../components/status.tsx';
import { formatCount } from '../../format/count.ts';
import { errorTextOf } from '../../format/error-texts.ts';
import { formatDuration } from '../../format/time.ts';
import { HeaderList } from '../execution/header-list.tsx';
import { Body, Coded } from '../execution/response.tsx';
import { asPreview } from './bodies.ts';
import type { Draft } from './draft.ts';

type TestRunProps = {
  readonly draft: Draft;
  /** The edited job: its stored secrets are sent. */
  readonly jobId: number | undefined;
  readonly disabled: boolean;
};

type Sent = NonNullable<Preview['sent']>;

/** Sends a draft's request once, before saving, and shows the target's response. */
export const TestRun = ({ draft, jobId, disabled }: TestRunProps) => {
  const [isAsking, setAsking] = useState(false);
  const [tested, setTested] = useState<{ readonly draft: Draft; readonly sent: Sent }>();
  if (!session.may('scheduler:jobs:trigger') || !session.may('scheduler:executions:read')) return null;
  const send = async (reason: string) => {
    const body = asPreview({ ...draft, ...(jobId === undefined ? {} : { id: jobId }), send: true, count: 1 });
    const { sent } = await dataOf(api.POST('/preview', { params: { header: reasonHeader(reason) }, body }));
    if (sent !== undefined) setTested({ draft, sent });
  };
  return (
    <section class="card" aria-labelledby="test-run" aria-live="polite">
      <header class="card-head">
        <h2 id="test-run">Test run</h2>
        <button type="button" class="button small" disabled={disabled} onClick={() => setAsking(true)}>
          Test run…
        </button>
      </header>
      <div class="card-body stack">
        {tested === undefined ? (
          <p class="quiet small">Sends the request once with the values on this page, before you save.</p>
        ) : (
          <Tested sent={tested.sent} isChanged={tested.draft !== draft} />
        )}
      </div>
      {isAsking ? (
        <ActDialog title="Send test request?" verb="Send request" act={send} onClose={() => setAsking(false)}>
          <p>
            Sends one request to the target, with the secrets of the application, for the first slot of the preview. It
            isn't an execution of the job. The audit records who sent it.
          </p>
        </ActDialog>
      ) : null}
    </section>
  );
};

const Tested = ({
  sent: { status, durationMs, result: given, error },
  isChanged,
}: {
  readonly sent: Sent;
  readonly isChanged: boolean;
}) => {
  const text = error === undefined ? undefined : errorTextOf(error.code);
  const result = given?.taskType === 'HttpInvokerTask' ? given : undefined;
  return (
    <>
      <p>
        <Status name={status} />
        <span class="quiet small">
          {result === undefined ? null : ` status ${result.status}`}
          {durationMs === undefined ? ' nothing sent' : ` after ${formatDuration(durationMs)}`}
        </span>
      </p>
      {isChanged ? <p class="quiet small">Result from before your latest changes.</p> : null}
      {error === undefined ? null : (
        <p class="field-error">
          <code>{error.code}</code> {error.message}
        </p>
      )}
      {text === undefined ? null : (
        <p class="small">
          <Coded text={text.remedy} />
        </p>
      )}
      {result === undefined ? null : (
        <>
          <Body data={result.data} contentType={result.headers['content-type']} />
          <details>
            <summary>{formatCount(Object.keys(result.headers).length, 'header')}</summary>
            <HeaderList headers={result.headers} />
          </details>
        </>
      )}
    </>
  );
};
