// Compares pairs of templates with `@aws-cdk/cloudformation-diff` and writes one line of JSON for each.
//
//     node benches/diff-peer.mjs MODULES BEFORE_DIR AFTER_DIR
//
// MODULES is the folder in which npm installed the package. Everything is in one process, as `cdk diff` does it; what is
// measured is the start of Node, reading both files, `fullDiff` and the report.

import { createRequire } from 'node:module';
import { readFileSync, readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';

const [modules, before, after] = process.argv.slice(2);
const require = createRequire(join(resolve(modules), 'package.json'));
const { fullDiff, ResourceImpact } = require('@aws-cdk/cloudformation-diff');

const read = (folder, name) => JSON.parse(readFileSync(join(folder, name), 'utf8'));
const names = readdirSync(after).filter((name) => name.endsWith('.template.json')).sort();
for (const name of names) {
  const diff = fullDiff(read(before, name), read(after, name));
  const resources = [];
  diff.resources.forEachDifference((id, change) => {
    const properties = [];
    change.forEachDifference((kind, path, value) => {
      if (value.isDifferent) {
        properties.push({ kind, path, before: value.oldValue, after: value.newValue, impact: value.changeImpact });
      }
    });
    resources.push({
      id,
      type: change.newResourceType ?? change.oldResourceType,
      action: change.isAddition ? 'create' : change.isRemoval ? 'delete' : 'update',
      impact: change.changeImpact,
      replaces: change.changeImpact === ResourceImpact.WILL_REPLACE,
      properties,
    });
  });
  const exposures = {
    iam: diff.iamChanges.permissionsBroadened,
    network: diff.securityGroupChanges.rulesAdded,
  };
  const outputs = [];
  diff.outputs.forEachDifference((id, change) => outputs.push({ id, before: change.oldValue, after: change.newValue }));
  process.stdout.write(`${JSON.stringify({ template: name, resources, outputs, exposures })}\n`);
}
