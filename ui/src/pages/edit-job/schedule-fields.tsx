import { useId, useRef, useState } from 'preact/hooks';
import { patternOfWords } from '../../format/pattern-words.ts';
import { zoneNames } from '../../format/zones.ts';
import { type Draft, valueAt, withValue } from './draft.ts';
import { errorAt, type Form, TextField } from './fields.tsx';

const KINDS = [
  ['pattern', 'Cron pattern'],
  ['every', 'Interval'],
  ['at', 'Once'],
  ['manual', 'Manual'],
] as const;
type Kind = (typeof KINDS)[number][0];

const kindOf = ({ draft }: Form): Kind => {
  if (valueAt(draft, '/schedule/every') !== undefined) return 'every';
  if (valueAt(draft, '/schedule/at') !== undefined) return 'at';
  return valueAt(draft, '/pattern') === undefined ? 'manual' : 'pattern';
};

const BEGINS: Readonly<Record<Exclude<Kind, 'manual'>, readonly [pointer: string, value: string]>> = {
  pattern: ['/pattern', '0 2 * * *'],
  every: ['/schedule/every', '1h'],
  at: ['/schedule/at', ''],
};

/** Fields about slots, which a manual job does not have. */
const SLOT_FIELDS = [
  'startAt',
  'endAt',
  'jitter',
  'maxRuns',
  'misfire',
  'misfireLimit',
  'calendar',
  'afterCompletion',
  'deleteAfter',
];

export const ScheduleFields = ({ form }: { readonly form: Form }) => {
  // Keeps the kind while its field is temporarily empty.
  const [kind, setKind] = useState(() => kindOf(form));
  const typed = useRef(new Map<Kind, unknown>());
  const ofSlots = useRef<Draft>({});
  const choose = (next: Kind) => {
    if (kind !== 'manual') typed.current.set(kind, valueAt(form.draft, BEGINS[kind][0]));
    const cleared = withValue(withValue(form.draft, '/pattern', undefined), '/schedule', undefined);
    setKind(next);
    if (next === 'manual') {
      const isOfSlots = ([name]: readonly [string, unknown]) => SLOT_FIELDS.includes(name);
      const fields = Object.entries(cleared);
      ofSlots.current = Object.fromEntries(fields.filter(isOfSlots));
      form.setDraft(Object.fromEntries(fields.filter((field) => !isOfSlots(field))));
    } else {
      const [pointer, value] = BEGINS[next];
      form.setDraft(withValue({ ...ofSlots.current, ...cleared }, pointer, typed.current.get(next) ?? value));
    }
  };
  return (
    <fieldset class="form-part">
      <legend>Schedule</legend>
      <div class="choices" role="radiogroup" aria-label="Type">
        {KINDS.map(([each, text]) => (
          <label key={each} class="check">
            <input type="radio" name="schedule-kind" checked={kind === each} onChange={() => choose(each)} />
            {text}
          </label>
        ))}
      </div>
      {kind === 'pattern' ? <InWords form={form} /> : null}
      <div class="form-row">
        {kind === 'pattern' ? (
          <TextField
            form={form}
            pointer="/pattern"
            label="Pattern"
            hint="Minute, hour, day of the month, month, day of the week; or @daily"
          />
        ) : null}
        {kind === 'every' ? (
          <TextField form={form} pointer="/schedule/every" label="Every" hint="Such as 30s, 15m, 2h, 1d, 2w or 1mo" />
        ) : null}
        {kind === 'at' ? (
          <TextField
            form={form}
            pointer="/schedule/at"
            label="At"
            placeholder="2026-12-31T23:00:00+01:00"
            hint="An instant with its offset"
          />
        ) : null}
        <TextField
          form={form}
          pointer="/timezone"
          label="Time zone"
          placeholder="UTC"
          suggestions={zoneNames()}
          hint="Time zone of the pattern"
        />
      </div>
      <details open={errorAt(form.errors, '/startAt') !== undefined || errorAt(form.errors, '/endAt') !== undefined}>
        <summary>Start and end</summary>
        <div class="form-row">
          <TextField form={form} pointer="/startAt" label="Start" placeholder="2026-12-01T00:00:00Z" />
          <TextField form={form} pointer="/endAt" label="End" placeholder="2027-01-01T00:00:00Z" />
        </div>
      </details>
    </fieldset>
  );
};

/** A description that fills in the pattern when it is understood. */
const InWords = ({ form }: { readonly form: Form }) => {
  const id = useId();
  const [text, setText] = useState('');
  const pattern = patternOfWords(text);
  const current = valueAt(form.draft, '/pattern');
  const before = useRef(current);
  const written = useRef(current);
  const write = (typed: string) => {
    setText(typed);
    if (current !== written.current) before.current = current;
    // The first words of a sentence may be a schedule, too.
    written.current = patternOfWords(typed) ?? before.current;
    form.setDraft(withValue(form.draft, '/pattern', written.current));
  };
  const isEditedSince = current !== written.current;
  return (
    <div class="field">
      <label for={id}>In plain language</label>
      <input
        id={id}
        type="text"
        autocomplete="off"
        value={text}
        placeholder="weekdays at 9"
        list={`${id}-list`}
        aria-describedby={`${id}-about`}
        onInput={({ currentTarget }) => write(currentTarget.value)}
      />
      <datalist id={`${id}-list`}>
        {EXAMPLES.map((each) => (
          <option key={each} value={each} />
        ))}
      </datalist>
      <span id={`${id}-about`} class="quiet small">
        {text.trim() === '' || isEditedSince ? (
          'Describe the schedule to fill in the pattern, or choose an example'
        ) : pattern === undefined ? (
          'Not recognized. The pattern is unchanged.'
        ) : (
          <>
            Pattern: <code>{pattern}</code>
          </>
        )}
      </span>
    </div>
  );
};

const EXAMPLES = [
  'weekdays at 9',
  'every 15 minutes',
  'every 15 minutes from 8 to 18 on weekdays',
  'every day at 2:30',
  'mondays and fridays at 17',
  'every 2 hours',
  'on the 1st of the month at 6',
  'last workday of the month at 18',
  'first monday of the month at 9',
];
