import { useState } from 'preact/hooks';
import { useLocation } from 'wouter-preact';
import { Problem } from '../../../../packages/client/src/problem.ts';
import type { Job, TriggerJob } from '../../../../packages/client/src/schema.ts';
import { api, dataOf, reasonHeader } from '../../api/client.ts';
import { parseJson, printJson } from '../../api/json.ts';
import { changed } from '../../api/queries.ts';
import { ActDialog } from '../../components/act-dialog.tsx';
import { FormField } from '../../components/form-field.tsx';
import { FormSelect } from '../../components/form-select.tsx';
import { zoneFor } from '../../components/preferences.ts';
import { showSuccess } from '../../components/toasts.tsx';
import { instantIn } from '../../format/time-field.ts';
import { readPairs } from '../edit-job/lines.ts';

type Typed = Readonly<Record<'body' | 'query' | 'headers' | 'variables' | 'at' | 'overlap', string>>;

type RunWithInputProps = { readonly job: Job; readonly onClose: () => void };

/** Runs a job once with changed input; unchanged fields keep the job's values. */
export const RunWithInput = ({ job, onClose }: RunWithInputProps) => {
  const [, navigate] = useLocation();
  const body = job.taskType === 'HttpInvokerTask' ? job.taskConfig.body : undefined;
  const own = body === undefined ? '' : printJson(body);
  const [typed, setTyped] = useState<Typed>({ body: own, query: '', headers: '', variables: '', at: '', overlap: '' });
  const zone = zoneFor(job.timezone);
  const field = (name: keyof Typed) => ({
    value: typed[name],
    onValue: (value: string) => setTyped({ ...typed, [name]: value }),
    isRequired: false,
  });
  return (
    <ActDialog
      title={`Run ${job.name} with input`}
      verb="Run"
      onClose={onClose}
      act={async (reason) => {
        const params = { path: { id: job.id }, header: reasonHeader(reason) };
        const execution = await dataOf(api.POST('/jobs/{id}/trigger', { params, body: inputOf(typed, { own, zone }) }));
        changed();
        showSuccess(`${job.name} was triggered: execution ${execution.id}`);
        navigate(`/executions/${execution.id}`);
      }}
    >
      <p>Runs the job once, now, with these values instead of the job's.</p>
      <FormField
        label="Body"
        kind="lines"
        pointer="/body"
        hint="JSON; put text in quotes. If unchanged, the job's body is sent"
        {...field('body')}
      />
      <FormField label="Query" kind="lines" pointer="/query" hint="One per line, such as page=7" {...field('query')} />
      <FormField
        label="Headers"
        kind="lines"
        pointer="/headers"
        hint="One per line, such as X-Mode: repair"
        {...field('headers')}
      />
      <FormField
        label="Variables"
        kind="lines"
        pointer="/variables"
        hint="One per line, such as STAGE=test; overrides the application's"
        {...field('variables')}
      />
      <FormField
        label="As of"
        kind="time"
        pointer="/scheduledAt"
        hint={`Time that parameters are computed for, in ${zone}. If empty: now`}
        {...field('at')}
      />
      <FormSelect
        label="If another run is open"
        pointer="/overlap"
        isRequired={false}
        options={OVERLAPS}
        value={typed.overlap}
        onValue={(overlap) => setTyped({ ...typed, overlap })}
      />
    </ActDialog>
  );
};

const OVERLAPS = [
  ['', "Use the job's overlap policy"],
  ['skip', 'Cancel this run'],
  ['queue', 'Queue this run'],
  ['allow', 'Run both in parallel'],
  ['replace', 'Cancel the other run'],
] as const satisfies readonly (readonly [NonNullable<TriggerJob['overlap']> | '', string])[];

type Own = { readonly own: string; readonly zone: string };

/** @throws Problem if the body is not JSON */
const inputOf = ({ body, query, headers, variables, at, overlap }: Typed, { own, zone }: Own): TriggerJob => {
  const [dialog, sent, named] = [readPairs(query, '='), readPairs(headers, ':'), readPairs(variables, '=')];
  const scheduledAt = instantIn(at, zone);
  const [rule] = OVERLAPS.find(([each]) => each === overlap) ?? OVERLAPS[0];
  return {
    ...(body === own ? {} : { body: bodyOf(body) }),
    ...(dialog === undefined ? {} : { query: dialog }),
    ...(sent === undefined ? {} : { headers: sent }),
    ...(named === undefined ? {} : { variables: named }),
    ...(scheduledAt === undefined || scheduledAt === '' ? {} : { scheduledAt }),
    ...(rule === '' ? {} : { overlap: rule }),
  };
};

const bodyOf = (text: string): unknown => {
  try {
    return text.trim() === '' ? null : parseJson(text);
  } catch {
    const message = 'Invalid JSON. Check for a missing quote, comma or bracket.';
    throw new Problem(400, { errors: [{ pointer: '/body', message }] });
  }
};
