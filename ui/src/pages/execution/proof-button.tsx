import { api, dataOf } from '../../api/client.ts';
import { Icon } from '../../components/icon.tsx';
import { saveFile } from '../../components/save-file.ts';
import { showError } from '../../components/toasts.tsx';

/** Saves the proof that the log contains an execution as it is shown. */
export const ProofButton = ({ executionId }: { readonly executionId: number }) => {
  const save = async () => {
    const { file } = await dataOf(api.GET('/audit/inclusion', { params: { query: { executionId } } }));
    saveFile(`execution-${executionId}.proof`, file);
  };
  return (
    <button type="button" class="link" onClick={() => save().catch(showError)}>
      <Icon name="down" /> Download proof
    </button>
  );
};
