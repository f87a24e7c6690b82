import { useState } from 'preact/hooks';
import { answerOf, api } from '../../api/client.ts';
import { parseJson, printJson } from '../../api/json.ts';
import { useQuery } from '../../api/queries.ts';
import { JsonTree } from '../../components/json-tree.tsx';
import type { Draft } from './draft.ts';
import type { Form } from './fields.tsx';

type JsonViewProps = { readonly form: Form; readonly onReadable: (isReadable: boolean) => void };

/** The whole job as JSON beside its schema. */
export const JsonView = ({ form, onReadable }: JsonViewProps) => {
  const [text, setText] = useState(() => printJson(form.draft));
  const [failure, setFailure] = useState<string>();
  const write = (typed: string) => {
    setText(typed);
    const read = readDraft(typed);
    setFailure(typeof read === 'string' ? read : undefined);
    onReadable(typeof read !== 'string');
    if (typeof read !== 'string') form.setDraft(read);
  };
  return (
    <div class="stack">
      <label class="field">
        <span>Job as JSON</span>
        <textarea
          rows={26}
          spellcheck={false}
          value={text}
          aria-invalid={failure !== undefined}
          onInput={({ currentTarget }) => write(currentTarget.value)}
        />
      </label>
      {failure === undefined ? null : (
        <p class="field-error" role="alert">
          {failure}
        </p>
      )}
      <ul class="said">
        {[...form.errors].map(([pointer, message]) => (
          <li key={pointer} class="field-wrong">
            <code>{pointer}</code> {message}
          </li>
        ))}
      </ul>
      <Schema />
    </div>
  );
};

const readDraft = (text: string): Draft | string => {
  try {
    const read = parseJson(text);
    return isDraft(read) ? read : 'A job must be a JSON object: { … }';
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
};

const isDraft = (value: unknown): value is Draft =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const Schema = () => {
  const [isOpen, setOpen] = useState(false);
  const { data } = useQuery({
    key: ['schema'],
    ask: (signal) => answerOf(api.GET('/openapi.json', { signal })),
    enabled: isOpen,
    live: false,
  });
  return (
    <details onToggle={({ currentTarget }) => setOpen(currentTarget.open)}>
      <summary>Fields of a job</summary>
      {data === undefined ? null : (
        <div class="json">
          <JsonTree value={schemaIn(data)} />
        </div>
      )}
    </details>
  );
};

/** The schema of a new job in the API description. */
const schemaIn = (description: unknown): unknown =>
  ['components', 'schemas', 'CreateJob'].reduce<unknown>(
    (found, step) => (typeof found === 'object' && found !== null ? Reflect.get(found, step) : undefined),
    description,
  );
