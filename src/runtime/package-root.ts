import { findPackageJSON } from 'node:module';
import path from 'node:path';

/** Folder of the checkout, or of the package where its JavaScript is below `dist`. */
export const PACKAGE_ROOT = path.dirname(findPackageJSON(import.meta.url) ?? '');
