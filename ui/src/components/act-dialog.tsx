import type { ComponentChildren } from 'preact';
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { Problem } from '../../../packages/client/src/problem.ts';
import { Dialog } from './dialog.tsx';
import { DialogErrorsContext, isWithin } from './dialog-errors.ts';

export type ActDialogProps = {
  readonly title: string;
  /** The effect of the action. */
  readonly children: ComponentChildren;
  /** Label of the button. */
  readonly verb: string;
  readonly danger?: boolean;
  /** Asks for a reason, which is recorded. */
  readonly asksReason?: boolean;
  readonly disabled?: boolean;
  /** @throws Problem: the dialog shows it and stays open */
  readonly act: (reason: string) => Promise<void>;
  readonly onClose: () => void;
};

/** Describes an action, asks for a reason, runs the action and closes. */
export const ActDialog = (props: ActDialogProps) => {
  const { title, children, verb, danger = false, asksReason = true, disabled = false, act, onClose } = props;
  const [reason, setReason] = useState('');
  const [isActing, setActing] = useState(false);
  const [failure, setFailure] = useState<Error>();
  const claimed = useRef(new Set<string>()).current;
  const fields = failure instanceof Problem ? failure.fields : NO_ERRORS;
  const errors = useMemo(
    () => ({
      errors: fields,
      claim: (pointer: string) => {
        claimed.add(pointer);
        return () => void claimed.delete(pointer);
      },
    }),
    [fields],
  );
  const form = useRef<HTMLFormElement>(null);
  // The browser has focused the close button.
  useEffect(() => {
    const field = form.current?.querySelector<HTMLElement>('.stack :is(input, select, textarea):enabled');
    (field ?? form.current?.querySelector<HTMLElement>('[type=submit]'))?.focus();
  }, []);
  useEffect(() => {
    if (failure !== undefined) form.current?.querySelector<HTMLElement>('[aria-invalid=true]')?.focus();
  }, [failure]);
  const submit = async (event: Event) => {
    event.preventDefault();
    setActing(true);
    setFailure(undefined);
    try {
      await act(reason);
      onClose();
    } catch (error) {
      setFailure(error instanceof Error ? error : new Error(String(error)));
      setActing(false);
    }
  };
  return (
    <Dialog title={title} onClose={onClose}>
      <form ref={form} onSubmit={submit}>
        <DialogErrorsContext.Provider value={errors}>
          <div class="stack">{children}</div>
        </DialogErrorsContext.Provider>
        {asksReason ? <ReasonField reason={reason} onReason={setReason} /> : null}
        {failure === undefined ? null : (
          <div class="field-error" role="alert">
            {formatRejected(failure, claimed)}
          </div>
        )}
        <footer class="dialog-foot">
          <button type="button" class="button" onClick={onClose}>
            Cancel
          </button>
          <button type="submit" class={danger ? 'button danger' : 'button primary'} disabled={disabled || isActing}>
            {isActing ? 'Working…' : verb}
          </button>
        </footer>
      </form>
    </Dialog>
  );
};

const NO_ERRORS: ReadonlyMap<string, string> = new Map();

/** The error itself, unless all of it is shown beside fields. */
const formatRejected = (failure: Error, claimed: ReadonlySet<string>): string => {
  const pointers = failure instanceof Problem ? [...failure.fields.keys()] : [];
  const isBeside = (pointer: string) => [...claimed].some((field) => isWithin(pointer, field));
  return pointers.length > 0 && pointers.every(isBeside) ? 'Not saved. Fix the highlighted fields.' : failure.message;
};

type ReasonProps = { readonly reason: string; readonly onReason: (reason: string) => void };

/** Asks why the user changes something. */
export const ReasonField = ({ reason, onReason }: ReasonProps) => (
  <label class="field">
    <span>Reason (recorded in the history)</span>
    <input
      type="text"
      maxLength={500}
      value={reason}
      placeholder="Optional"
      onInput={({ currentTarget }) => onReason(currentTarget.value)}
    />
  </label>
);
