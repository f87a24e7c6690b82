import { Link } from 'wouter-preact';
import { session } from '../api/session.ts';
import { PageHead } from '../components/layout.tsx';
import { type Destination, destinations } from '../components/navigation.ts';
import { Empty } from '../components/states.tsx';

/** Replaces a page that the user can't see: why, and which pages they can see. */
export const NoAccess = ({ page: { title, needs } }: { readonly page: Destination }) => (
  <>
    <PageHead title={title} />
    <Empty icon="user" title={`You don't have access to ${title}`}>
      <p>
        {session.may(needs)
          ? 'This page covers all applications. Your access is limited to some of them.'
          : `You need the permission ${needs}.`}
      </p>
      <p class="buttons">
        {destinations().map(({ path, title: open }) => (
          <Link key={path} href={path} class="button">
            {open}
          </Link>
        ))}
      </p>
    </Empty>
  </>
);
