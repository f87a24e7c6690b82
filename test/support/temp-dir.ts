export { passableTempDir } from '../../src/testing/databases.ts';
