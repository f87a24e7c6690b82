import { Link } from 'wouter-preact';
import { PageHead } from '../parts/layout.tsx';
import { Empty } from '../parts/states.tsx';

export const NotFound = () => (
  <>
    <PageHead title="Not found" />
    <Empty title="There is no such page">
      <Link href="/jobs">All jobs</Link> are a good place to go on.
    </Empty>
  </>
);
