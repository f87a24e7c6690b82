import { SPANS } from '../format/spans.ts';

type SpanChoiceProps = {
  /** The chosen span; `undefined` for none. */
  readonly value: string | undefined;
  /** Label of the empty choice; absent if a span is required. */
  readonly none?: string;
  readonly names?: readonly string[];
  readonly onValue: (name: string | undefined) => void;
};

/** Selects a time range. */
export const SpanChoice = ({ value, none, names, onValue }: SpanChoiceProps) => (
  <fieldset class="span-choice">
    <legend class="unseen">Time range</legend>
    {none === undefined ? null : (
      <button type="button" class="ghost" aria-pressed={value === undefined} onClick={() => onValue(undefined)}>
        {none}
      </button>
    )}
    {SPANS.filter(([name]) => names?.includes(name) ?? true).map(([name, text]) => (
      <button key={name} type="button" class="ghost" aria-pressed={value === name} onClick={() => onValue(name)}>
        {text}
      </button>
    ))}
  </fieldset>
);
