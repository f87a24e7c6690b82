import { useState } from 'preact/hooks';
import { connection } from '../api/connection.ts';
import { PREFIX } from '../api/prefix.ts';
import { session } from '../api/session.ts';
import { Dialog } from '../components/dialog.tsx';
import icon from '../style/favicon.svg';

export const SignIn = ({ rejected }: { readonly rejected: string | undefined }) => (
  <main class="sign-in">
    <div class="sign-in-card">
      <p class="brand">
        <img src={icon} alt="" width="34" height="34" />
        Carillon
      </p>
      <h1>Sign in</h1>
      {rejected === undefined ? null : (
        <p class="field-error" role="alert">
          {rejected}
        </p>
      )}
      <SignInForm />
    </div>
  </main>
);

/** Shown over the open page when the session has ended, so that users continue where they were. */
export const SignInAgain = () => (
  <Dialog title="Your session has expired" onClose={() => {}}>
    <p class="quiet">Sign in again to continue. Your work on this page is safe.</p>
    <SignInForm />
  </Dialog>
);

/** Leaves the page for the identity provider, which returns the browser to the same page. */
const ProviderLink = () => {
  const { pathname, search } = location;
  return (
    <a class="button primary" href={`${PREFIX}/sign-in?${new URLSearchParams({ returnTo: pathname + search })}`}>
      Sign in with your identity provider
    </a>
  );
};

const SignInForm = () => {
  const [token, setToken] = useState('');
  const [failure, setFailure] = useState<string>();
  const [isAsking, setAsking] = useState(false);
  const hasProvider = session.ways.value.includes('oidc');
  const submit = async (event: Event) => {
    event.preventDefault();
    setAsking(true);
    try {
      await session.signIn(token.trim());
      connection.expired.value = false;
    } catch (error) {
      setFailure(error instanceof Error ? error.message : String(error));
    } finally {
      setAsking(false);
    }
  };
  return (
    <form class="stack" onSubmit={submit}>
      {hasProvider ? <ProviderLink /> : null}
      <label class="field">
        <span>{hasProvider ? 'Or use a token' : 'Token'}</span>
        <textarea
          rows={4}
          autocomplete="off"
          spellcheck={false}
          required
          value={token}
          placeholder="Paste a JWT or an API token (car_…)"
          aria-invalid={failure !== undefined}
          onInput={({ currentTarget }) => setToken(currentTarget.value)}
        />
      </label>
      <p class="quiet small">
        Your browser stores an encrypted session cookie that scripts can't read. To get a token, run{' '}
        <code>carillon token</code>, or open the sign-in link that <code>npm start</code> prints.
      </p>
      {failure === undefined ? null : (
        <p class="field-error" role="alert">
          {failure}
        </p>
      )}
      <button type="submit" class={hasProvider ? 'button' : 'button primary'} disabled={isAsking}>
        {isAsking ? 'Signing in…' : hasProvider ? 'Sign in with token' : 'Sign in'}
      </button>
    </form>
  );
};
