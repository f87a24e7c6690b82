import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import { Dialog } from './dialog.tsx';

export type ActDialogProps = {
  readonly title: string;
  /** What will happen, before anything does. */
  readonly children: ComponentChildren;
  /** On the button that does it. */
  readonly verb: string;
  readonly danger?: boolean;
  /** Ask why: the reason is kept with what is recorded. */
  readonly asksReason?: boolean;
  readonly disabled?: boolean;
  /** @throws Problem: the dialog shows it and stays open */
  readonly act: (reason: string) => Promise<void>;
  readonly onClose: () => void;
};

/** Says what an action will do, asks why, does it, and closes. */
export const ActDialog = (props: ActDialogProps) => {
  const { title, children, verb, danger = false, asksReason = true, disabled = false, act, onClose } = props;
  const [reason, setReason] = useState('');
  const [isActing, setActing] = useState(false);
  const [failure, setFailure] = useState<string>();
  const submit = async (event: Event) => {
    event.preventDefault();
    setActing(true);
    setFailure(undefined);
    try {
      await act(reason);
      onClose();
    } catch (error) {
      setFailure(error instanceof Error ? error.message : String(error));
      setActing(false);
    }
  };
  return (
    <Dialog title={title} onClose={onClose}>
      <form onSubmit={submit}>
        <div class="stack">{children}</div>
        {asksReason ? (
          <label class="field">
            <span>Reason, kept in the history</span>
            <input
              type="text"
              maxLength={500}
              value={reason}
              placeholder="Optional"
              onInput={({ currentTarget }) => setReason(currentTarget.value)}
            />
          </label>
        ) : null}
        {failure === undefined ? null : (
          <p class="field-error" role="alert">
            {failure}
          </p>
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
