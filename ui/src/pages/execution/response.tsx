import type { Execution } from '../../../../packages/client/src/schema.ts';
import { parseJson, printJson } from '../../api/json.ts';
import { CopyButton } from '../../components/copy-button.tsx';
import { JsonTree } from '../../components/json-tree.tsx';
import { Empty } from '../../components/states.tsx';
import { capital } from '../../format/codes.ts';
import { formatCount } from '../../format/count.ts';
import { errorTextOf } from '../../format/error-texts.ts';
import { formatResponse } from '../../format/response-text.ts';
import { HeaderList } from './header-list.tsx';

type ErrorProps = { readonly error: NonNullable<Execution['error']>; readonly response: unknown };

/** Why it failed or was cancelled: meaning and remedy. */
export const ErrorCard = ({ error: { code, message }, response }: ErrorProps) => {
  const text = errorTextOf(code);
  const said = formatResponse(response);
  return (
    <section class="card whole error-card" aria-labelledby="error">
      <header class="card-head">
        <h2 id="error">
          Error <code>{code}</code>
        </h2>
      </header>
      <div class="card-body stack">
        {said === '' ? null : <code class="banner-response tone-bad">{said}</code>}
        <p>{capital(message)}</p>
        {text === undefined ? null : (
          <dl class="facts">
            <div>
              <dt>What it means</dt>
              <dd>
                <Coded text={text.meaning} />
              </dd>
            </div>
            <div>
              <dt>What to do</dt>
              <dd>
                <Coded text={text.remedy} />
              </dd>
            </div>
          </dl>
        )}
      </div>
    </section>
  );
};

/** A text with field names between backticks. */
export const Coded = ({ text }: { readonly text: string }) => (
  <>{text.split('`').map((part, place) => (place % 2 === 1 ? <code key={part}>{part}</code> : part))}</>
);

/** The target's response. */
export const ResponseView = ({ execution: { result, status } }: { readonly execution: Execution }) => (
  <section class="card" aria-labelledby="answer">
    <header class="card-head">
      <h2 id="answer">Response</h2>
      {result === undefined ? null : (
        <span class="answer-tools">
          {result.taskType === 'HttpInvokerTask' ? <span class="tag">Status {result.status}</span> : null}
          <CopyButton what="response" text={textOf(result.data)} />
        </span>
      )}
    </header>
    {result === undefined ? (
      <Empty icon="executions" title={status === 'pending' || status === 'running' ? 'No response yet' : 'No response'}>
        {status === 'pending' || status === 'running'
          ? 'The response appears here when the target sends it.'
          : "The target wasn't called or didn't respond."}
      </Empty>
    ) : result.taskType === 'WorkerTask' ? (
      <div class="card-body stack">
        <Body data={result.data} />
      </div>
    ) : (
      <div class="card-body stack">
        {result.truncated ? (
          <p class="quiet small">Only the beginning of the response was stored, because it is too long.</p>
        ) : null}
        <Body data={result.data} contentType={result.headers['content-type']} />
        <details>
          <summary>{formatCount(Object.keys(result.headers).length, 'header')}</summary>
          <HeaderList headers={result.headers} />
        </details>
      </div>
    )}
  </section>
);

const textOf = (data: unknown): string => (typeof data === 'string' ? data : data === undefined ? '' : printJson(data));

type BodyProps = {
  readonly data: unknown;
  /** Content type of a response: JSON text is collapsible too, with exact numbers. */
  readonly contentType?: string | undefined;
};

/** A body: JSON is collapsible, text is shown unchanged. */
export const Body = ({ data, contentType }: BodyProps) => {
  if (data === undefined || data === null || data === '') return <p class="quiet">No body</p>;
  const value = typeof data === 'string' && isJson(contentType) ? parsedOr(data) : data;
  return typeof value === 'string' ? (
    <pre class="json">{value}</pre>
  ) : (
    <div class="json">
      <JsonTree value={value} />
      <CopyButton what="JSON" text={printJson(value)} isSmall />
    </div>
  );
};

const isJson = (type = ''): boolean => /^[a-z]+\/([\w.+-]+\+)?json\b/i.test(type);

const parsedOr = (text: string): unknown => {
  try {
    return parseJson(text);
  } catch {
    return text;
  }
};
