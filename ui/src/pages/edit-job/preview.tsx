import type { Preview as PreviewAnswer } from '../../../../packages/client/src/schema.ts';
import { api, dataOf } from '../../api/client.ts';
import { type QueryResult, useQuery } from '../../api/queries.ts';
import { Status } from '../../components/status.tsx';
import { useSettled } from '../../components/typed.ts';
import { wholeDay } from '../../format/time.ts';
import { Body } from '../execution/response.tsx';
import { asPreview } from './bodies.ts';
import { type Draft, valueAt, withValue } from './draft.ts';

const SLOTS = 10;
const TYPING_MS = 250;

/** The effect of a draft, fetched when the user pauses typing. */
export const usePreview = (draft: Draft): QueryResult<PreviewAnswer> => {
  const body = { ...previewable(useSettled(draft, TYPING_MS)), count: SLOTS };
  return useQuery({
    key: ['preview', body],
    load: (signal) => dataOf(api.POST('/preview', { body: asPreview(body), signal })),
    keepPrevious: true,
    live: false,
  });
};

/** Omits an incomplete request, so that the schedule is shown. */
const previewable = (draft: Draft): Draft => {
  const hasTarget = TARGETS.some((pointer) => valueAt(draft, pointer) !== undefined);
  return hasTarget ? draft : withValue(draft, '/taskConfig', undefined);
};
const TARGETS = ['/taskConfig/url', '/taskConfig/endpoint'];

type PreviewProps = {
  readonly preview: QueryResult<PreviewAnswer>;
  readonly zone: string;
};

/** The effect of the draft, beside the form. */
export const Preview = ({ preview: { data, error, isPrevious }, zone }: PreviewProps) => (
  <section class={isPrevious ? 'card preview stale' : 'card preview'} aria-labelledby="preview" aria-live="polite">
    <header class="card-head">
      <h2 id="preview">Preview</h2>
      <span class="quiet small">No requests are sent</span>
    </header>
    <div class="card-body stack">
      {error === null ? null : <p class="field-error">{error.message}</p>}
      {data === undefined || error !== null ? null : <Shown preview={data} zone={zone} />}
    </div>
  </section>
);

type ShownProps = { readonly preview: PreviewAnswer; readonly zone: string };

const Shown = ({ preview: { scheduleText: words, slots, request, target }, zone }: ShownProps) => (
  <>
    <p class="words">{words}</p>
    <ol class="preview-slots" aria-label="Next slots">
      {slots.map(({ at, note }) => (
        <li key={at}>
          <time dateTime={at}>{wholeDay(at, zone)}</time>
          {note === undefined ? null : <span class="slot-note">{note}</span>}
        </li>
      ))}
    </ol>
    {request === undefined ? null : (
      <div>
        <h3>Request for the first slot</h3>
        <p>
          <code class="call">
            <strong>{request.method}</strong> {request.url}
          </code>
        </p>
        {request.body === undefined ? null : <Body data={request.body} />}
      </div>
    )}
    {target === undefined ? null : (
      <p>
        <Status name={target.allowed ? 'enabled' : 'failed'}>
          {target.allowed ? 'Target allowed' : 'Target blocked'}
        </Status>
        {target.reason === undefined ? null : <span class="quiet small"> {target.reason}</span>}
      </p>
    )}
  </>
);
