import { useState } from 'preact/hooks';
import { Dialog } from './dialog.tsx';
import { Icon } from './icon.tsx';
import { showSuccess } from './toasts.tsx';

type CopyButtonProps = {
  /** What is copied, such as `URL`. */
  readonly what: string;
  readonly text: string;
  /** Only its icon is shown, beside what is copied. */
  readonly isSmall?: boolean;
};

/** Copies a text. A page on plain HTTP has no clipboard, so there the text is shown to be selected. */
export const CopyButton = ({ what, text, isSmall = false }: CopyButtonProps) => {
  const [isShown, setShown] = useState(false);
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(text);
      showSuccess(`Copied: ${what}`);
    } catch {
      setShown(true);
    }
  };
  const label = `Copy ${what}`;
  return (
    <>
      <button
        type="button"
        class={isSmall ? 'ghost copy' : 'button copy'}
        title={label}
        aria-label={label}
        onClick={() => void copy()}
      >
        <Icon name="copy" />
        {isSmall ? null : label}
      </button>
      {isShown ? (
        <Dialog title={what} wide onClose={() => setShown(false)}>
          <label class="field">
            <span>Select and copy the text: without TLS, the browser has no clipboard access</span>
            <textarea rows={18} readOnly value={text} onFocus={({ currentTarget }) => currentTarget.select()} />
          </label>
        </Dialog>
      ) : null}
    </>
  );
};
