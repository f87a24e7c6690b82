import { Dialog } from './dialog.tsx';
import { askedToLeave } from './unsaved.ts';

export const LeaveDialog = () => {
  const leave = askedToLeave.value;
  const stay = () => {
    askedToLeave.value = undefined;
  };
  if (leave === undefined) return null;
  return (
    <Dialog title="Leave without saving?" onClose={stay}>
      <p>Your changes will be lost.</p>
      <footer class="dialog-foot">
        <button type="button" class="button" onClick={stay}>
          Keep editing
        </button>
        <button
          type="button"
          class="button danger"
          onClick={() => {
            stay();
            leave();
          }}
        >
          Leave
        </button>
      </footer>
    </Dialog>
  );
};
