import type { ComponentChildren } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { Link } from 'wouter-preact';
import { Problem } from '../../../../packages/client/src/problem.ts';
import { ReasonField } from '../../components/act-dialog.tsx';
import { nameOf, useApplications } from '../../components/applications.ts';
import { isWithin } from '../../components/dialog-errors.ts';
import { Icon } from '../../components/icon.tsx';
import { useUnsavedGuard } from '../../components/unsaved.ts';
import { type Draft, sealedIn, valueAt } from './draft.ts';
import { useExisting } from './existing.ts';
import { type Form, ListField, SelectField, TextField } from './fields.tsx';
import { JsonView } from './json-view.tsx';
import { printLabels, readLabels } from './lines.ts';
import { Preview, usePreview } from './preview.tsx';
import { RequestFields } from './request-fields.tsx';
import { RunFields } from './run-fields.tsx';
import { ScheduleFields } from './schedule-fields.tsx';
import { TestRun } from './test-run.tsx';

type JobFormProps = {
  readonly initial: Draft;
  readonly verb: string;
  /** The edited job; `undefined` for a new one. */
  readonly jobId?: number;
  /** Where to go without saving. */
  readonly back: string;
  /** @throws Problem: the form shows it */
  readonly save: (draft: Draft, reason: string, release: () => void) => Promise<void>;
  /** The initial draft contains unsaved changes. */
  readonly isChanged?: boolean;
  readonly onRejected?: (problem: Problem) => Promise<void>;
  /** Further content about the draft. */
  readonly above?: (draft: Draft) => ComponentChildren;
};

/** A job as a form or as JSON, with a preview of its effect. */
export const JobForm = ({ initial, verb, jobId, back, save, isChanged = false, onRejected, above }: JobFormProps) => {
  const [draft, setDraft] = useState(initial);
  const [isJson, setJson] = useState(false);
  const [isReadable, setReadable] = useState(true);
  const [reason, setReason] = useState('');
  const [isSaving, setSaving] = useState(false);
  const [failure, setFailure] = useState<Error>();
  const preview = usePreview(draft);
  const release = useUnsavedGuard(isChanged || draft !== initial || !isReadable);
  const sealed = jobId === undefined ? sealedIn(draft) : [];
  const errors = new Map([
    ...sealed.map((pointer) => [pointer, NOT_COPIED] as const),
    ...(preview.error instanceof Problem ? preview.error.fields : []),
    ...(failure instanceof Problem ? failure.fields : []),
  ]);
  const form: Form = {
    draft,
    errors,
    existing: useExisting(draft),
    keepsSealed: jobId !== undefined,
    setDraft: (next) => {
      setDraft(next);
      setFailure(undefined);
    },
  };
  const element = useRef<HTMLFormElement>(null);
  const submit = async (event: Event) => {
    event.preventDefault();
    setSaving(true);
    try {
      await save(draft, reason, release);
    } catch (error) {
      setFailure(error instanceof Error ? error : new Error(String(error)));
      setSaving(false);
      if (error instanceof Problem) await onRejected?.(error);
    }
  };
  return (
    <div class="job-form">
      <form ref={element} class="card" onSubmit={submit}>
        <div class="card-body stack form-body">
          {failure === undefined ? null : <ErrorSummary failure={failure} form={element.current} />}
          {above?.(draft)}
          <label class="check">
            <input
              type="checkbox"
              checked={isJson}
              disabled={!isReadable}
              onChange={({ currentTarget: { checked } }) => setJson(checked)}
            />
            Edit as JSON
          </label>
          {sealed.length === 0 ? null : <NotCopied sealed={sealed} />}
          {isJson ? (
            <JsonView form={form} onReadable={setReadable} />
          ) : (
            <>
              <AboutFields form={form} />
              <ScheduleFields form={form} />
              <RequestFields form={form} onReadable={setReadable} />
              <RunFields form={form} />
            </>
          )}
          <ReasonField reason={reason} onReason={setReason} />
          <footer class="dialog-foot form-foot">
            <Link href={back} class="button">
              Cancel
            </Link>
            <button type="submit" class="button primary" disabled={isSaving || !isReadable}>
              {isSaving ? 'Working…' : verb}
            </button>
          </footer>
        </div>
      </form>
      <div class="form-aside">
        <Preview preview={preview} zone={String(valueAt(draft, '/timezone') ?? 'UTC')} />
        <TestRun draft={draft} jobId={jobId} disabled={!isReadable || preview.error !== null} />
      </div>
    </div>
  );
};

const NOT_COPIED = "This encrypted value can't be copied. Enter it again.";

const NotCopied = ({ sealed }: { readonly sealed: readonly string[] }) => (
  <p class="notice notice-warn">
    <Icon name="warning" />
    <span>
      Encrypted values can't be copied. Enter them again, or use a secret of the application:{' '}
      {sealed.map((pointer) => pointer.split('/').at(-1)).join(', ')}.
    </span>
  </p>
);

type SummaryProps = { readonly failure: Error; readonly form: HTMLFormElement | null };

/** Why a job wasn't saved, at the top of the form with the focus. Each error links to its field. */
const ErrorSummary = ({ failure, form }: SummaryProps) => {
  const element = useRef<HTMLDivElement>(null);
  useEffect(() => element.current?.focus(), [failure]);
  const fields = failure instanceof Problem ? [...failure.fields] : [];
  return (
    <div ref={element} class="field-error error-summary" role="alert" tabIndex={-1}>
      {fields.length === 0 ? failure.message : 'Not saved. Fix these fields:'}
      <ul>
        {fields.map(([pointer, message]) => {
          const name = pointer.slice(1).replaceAll('/', '.');
          const field = fieldOf(form, pointer);
          return (
            <li key={pointer}>
              {field === undefined ? (
                <code>{name}</code>
              ) : (
                <button type="button" class="link" onClick={() => showField(field)}>
                  {name}
                </button>
              )}{' '}
              {message}
            </li>
          );
        })}
      </ul>
    </div>
  );
};

const fieldOf = (form: HTMLFormElement | null, pointer: string): HTMLElement | undefined =>
  [...(form?.querySelectorAll<HTMLElement>('[data-pointer]') ?? [])]
    .filter(({ dataset }) => isWithin(pointer, dataset.pointer ?? ''))
    .toSorted((one, other) => (other.dataset.pointer ?? '').length - (one.dataset.pointer ?? '').length)[0];

const showField = (field: HTMLElement): void => {
  const folded = field.closest('details');
  if (folded !== null) folded.open = true;
  field.querySelector<HTMLElement>('input, select, textarea, [contenteditable=true]')?.focus();
};

const AboutFields = ({ form }: { readonly form: Form }) => {
  const applications = useApplications();
  return (
    <fieldset class="form-part">
      <legend>Job</legend>
      <div class="form-row">
        <TextField form={form} pointer="/name" label="Name" isRequired />
        <SelectField
          form={form}
          pointer="/applicationId"
          label="Application"
          read={Number}
          options={[
            ['', 'Choose one'],
            ...applications.map((application) => [String(application.id), nameOf(application)] as const),
          ]}
        />
        <SelectField
          form={form}
          pointer="/enabled"
          label="State"
          read={(text) => text === 'true'}
          options={[
            ['true', 'Enabled'],
            ['false', 'Disabled'],
          ]}
        />
      </div>
      <TextField form={form} pointer="/description" label="Description" />
      <ListField
        form={form}
        pointer="/labels"
        label="Labels"
        print={printLabels}
        read={readLabels}
        placeholder="team:blue, stage:test"
        suggestions={form.existing.labels}
      />
    </fieldset>
  );
};
