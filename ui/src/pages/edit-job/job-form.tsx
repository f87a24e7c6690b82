import type { ComponentChildren } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { Link } from 'wouter-preact';
import { Problem } from '../../../../src/client/problem.ts';
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
  /** What the form begins with. */
  readonly initial: Draft;
  readonly verb: string;
  /** The job that is edited; undefined for a new one. */
  readonly jobId?: number;
  /** Where somebody goes who does not save. */
  readonly back: string;
  /** @throws Problem: the form shows it */
  readonly save: (draft: Draft, reason: string, release: () => void) => Promise<void>;
  /** It begins with changes that are not saved yet. */
  readonly isChanged?: boolean;
  readonly onRejected?: (problem: Problem) => Promise<void>;
  /** What else there is to say about the draft. */
  readonly below?: (draft: Draft) => ComponentChildren;
};

/** A job as a form or as JSON, with a preview of what it would do. */
export const JobForm = ({ initial, verb, jobId, back, save, isChanged = false, onRejected, below }: JobFormProps) => {
  const [draft, setDraft] = useState(initial);
  const [isJson, setJson] = useState(false);
  const [isReadable, setReadable] = useState(true);
  const [reason, setReason] = useState('');
  const [isSaving, setSaving] = useState(false);
  const [failure, setFailure] = useState<Error>();
  const preview = usePreview(draft);
  const release = useUnsavedGuard(isChanged || draft !== initial || !isReadable);
  const rejected = failure ?? preview.error;
  const sealed = jobId === undefined ? sealedIn(draft) : [];
  const errors = new Map([
    ...sealed.map((pointer) => [pointer, NOT_COPIED] as const),
    ...(rejected instanceof Problem ? rejected.fields : []),
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
  useEffect(() => {
    if (failure !== undefined) element.current?.querySelector<HTMLElement>('[aria-invalid=true]')?.focus();
  }, [failure]);
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
          <label class="field">
            <span>Reason (recorded in the history)</span>
            <input
              type="text"
              maxLength={500}
              value={reason}
              placeholder="Optional"
              onInput={({ currentTarget }) => setReason(currentTarget.value)}
            />
          </label>
          {failure === undefined ? null : <Rejected failure={failure} />}
          {below?.(draft)}
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

/** Those that have a field, whose error stands beside it. */
const SHOWN = [
  '/applicationId',
  '/name',
  '/description',
  '/labels',
  '/pattern',
  '/schedule',
  '/timezone',
  '/startAt',
  '/endAt',
  '/taskConfig',
  '/completion',
  '/deadline',
  '/heartbeatTimeout',
  '/overlap',
  '/misfire',
  '/misfireLimit',
  '/retry/maxAttempts',
  '/retry/backoff/initial',
  '/retry/retryOn',
  '/disableAfter',
  '/maxRuns',
  '/maxLateness',
  '/jitter',
  '/limit',
  '/calendar',
  '/onFailure',
  '/onSuccess',
  '/retention/maxAge',
  '/retention/keepLast',
];

const Rejected = ({ failure }: { readonly failure: Error }) => {
  const fields = failure instanceof Problem ? [...failure.fields] : [];
  const others = fields.filter(([pointer]) => !SHOWN.some((shown) => isWithin(pointer, shown)));
  return (
    <div class="field-error" role="alert">
      {fields.length === 0 ? failure.message : 'Not saved. Fix the highlighted fields.'}
      <ul>
        {others.map(([pointer, message]) => (
          <li key={pointer}>
            <code>{pointer}</code> {message}
          </li>
        ))}
      </ul>
    </div>
  );
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
