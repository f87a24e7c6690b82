import type { Execution } from '../../../../packages/client/src/schema.ts';
import { now } from '../../components/clock.ts';
import { Status, type StatusName } from '../../components/status.tsx';
import { formatNumber } from '../../format/count.ts';
import { type Span, spansOf } from './spans.ts';

/** The waits and attempts on one scale, with milliseconds from the slot beside it. */
export const TimeLine = ({ execution }: { readonly execution: Execution }) => {
  const spans = spansOf(execution, now.value);
  const fromMs = Math.min(...spans.map((span) => span.fromMs));
  const toMs = Math.max(...spans.map((span) => span.toMs), fromMs + 1);
  const percent = (ms: number): number => (ms / (toMs - fromMs)) * 100;
  return (
    <section class="card" aria-labelledby="attempts">
      <header class="card-head">
        <h2 id="attempts">Attempts</h2>
        <span class="quiet small">{formatMs(toMs - fromMs)} from the slot</span>
      </header>
      <div class="table-card">
        <table class="time-line">
          <thead>
            <tr>
              <th scope="col">Step</th>
              <th scope="col" class="time-line-bar">
                When
              </th>
              <th scope="col" class="time-line-from">
                From
              </th>
              <th scope="col">Duration</th>
              <th scope="col">Result</th>
            </tr>
          </thead>
          <tbody>
            {spans.map((span) => (
              <tr key={`${span.kind}${span.attempt ?? ''}`}>
                <th scope="row">{formatWhat(span)}</th>
                <td class="time-line-bar">
                  <svg width="100%" height="16" aria-hidden="true" focusable="false">
                    <rect class="bar-ground" x="0" y="7" width="100%" height="2" />
                    <rect
                      class={`cell ${CELLS[span.kind]}`}
                      x={`${Math.min(percent(span.fromMs - fromMs), 99)}%`}
                      y="2"
                      width={`${Math.max(percent(span.toMs - span.fromMs), 0.8)}%`}
                      height="12"
                      rx="2"
                    />
                  </svg>
                </td>
                <td class="time-line-from">+{formatMs(span.fromMs - fromMs)}</td>
                <td>{formatMs(span.toMs - span.fromMs)}</td>
                <td class="result-cell">
                  <Result span={span} />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
};

const formatMs = (ms: number): string => `${formatNumber(ms)} ms`;

const CELLS: Readonly<Record<Span['kind'], string>> = {
  waited: 'cell-skipped',
  retry: 'cell-skipped',
  succeeded: 'cell-succeeded',
  failed: 'cell-failed',
  cancelled: 'cell-cancelled',
  running: 'cell-running',
};

const formatWhat = ({ kind, attempt }: Span): string => {
  if (attempt !== undefined) return `Attempt ${attempt}`;
  return kind === 'retry' ? 'Waiting to retry' : 'Waiting to start';
};

const Result = ({ span: { kind, status, error } }: { readonly span: Span }) => {
  const name = statusOf(kind);
  if (name === undefined) return null;
  return (
    <>
      <Status name={name}>{status === undefined ? undefined : String(status)}</Status>
      {error === undefined ? null : ` ${error.code}: ${error.message}`}
    </>
  );
};

const statusOf = (kind: Span['kind']): StatusName | undefined =>
  kind === 'waited' || kind === 'retry' ? undefined : kind;
