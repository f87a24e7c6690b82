import { type SignInLink, session } from '../api/session.ts';
import { ActDialog } from '../components/act-dialog.tsx';

/** Asks for confirmation before the token of a link signs in: a foreign link must not sign a user in as someone else. */
export const SignInByLink = ({ link: { token, holder } }: { readonly link: SignInLink }) => {
  const current = session.current.value;
  return (
    <ActDialog
      title={current ? 'Switch to another account?' : 'Sign in with this link?'}
      verb={`Sign in as ${holder.user}`}
      asksReason={false}
      act={() => session.signIn(token)}
      onClose={session.forgetLink}
    >
      <p>
        This link signs you in as <strong>{holder.user}</strong> (tenant {holder.tenant}). Everything you do will be
        recorded under that name.
        {current ? ` You're currently signed in as ${current.user} (tenant ${current.tenant}).` : null}
      </p>
      <p class="quiet">Continue only if you trust this link.</p>
    </ActDialog>
  );
};
