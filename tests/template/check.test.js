// The check finds what is broken, each kind of it, in a copy of the real template.
'use strict';

const assert = require('node:assert');
const fs = require('node:fs');
const path = require('node:path');
const test = require('node:test');
const { problems } = require('./check');
const { yaml } = require('./schema');

const TEMPLATE = fs.readFileSync(path.join(__dirname, '..', '..', 'template.yml'), 'utf8');

/** The problems of the template after a change to it. */
function broken(change) {
  const template = yaml.load(TEMPLATE);
  change(template.Resources, template);
  return problems(yaml.dump(template));
}

test('the template as it is has no problem', () => {
  assert.deepStrictEqual(problems(TEMPLATE), []);
});

const CASES = {
  'a resource type that does not exist': [(r) => { r.Store.Type = 'ALIYUN::OSS::Bukket'; }, /Store\.Type: .*unknown/],
  'a product that does not exist': [(r) => { r.Store.Type = 'ALIYUN::OSSS::Bucket'; }, /Store\.Type: .*unknown/],
  'a missing property': [(r) => { delete r.ConnectQueue.Properties.QueueName; }, /ConnectQueue\.Properties: .*queueName/s],
  'an unknown property': [(r) => { r.ConnectQueue.Properties.VisibilityTimeOut = 5; }, /ConnectQueue\.Properties\.VisibilityTimeOut: unknown/],
  'an unknown property inside another': [(r) => { r.ConnectFunction.Properties.Code.OssBucket = 'b'; }, /Properties\.Code\.OssBucket: unknown/],
  'an unknown property inside a list': [(r) => { r.ConnectRole.Properties.Policies[0].Polcy = 'x'; }, /Policies\[0\]\.Polcy: unknown/],
  'text for a number': [(r) => { r.ConnectFunction.Properties.Timeout = 'soon'; }, /ConnectFunction\.Properties: .*timeout/s],
  'a number out of range': [(r) => { r.ConnectFunction.Properties.InstanceConcurrency = 201; }, /instanceConcurrency/],
  'a word that is not allowed': [(r) => { r.Store.Properties.AccessControl = 'secret'; }, /accessControl/],
  'too long a text': [(r) => { r.ConnectFunction.Properties.Description = 'x'.repeat(257); }, /description/],
  'an attribute that the type does not have': [(r) => { r.ConnectFunction.Properties.Role['Fn::GetAtt'][1] = 'ARN'; }, /ALIYUN::RAM::Role has no attribute ARN/],
  'an unknown key beside Properties': [(r) => { r.ConnectQueue.Depends = 'Store'; }, /ConnectQueue\.Depends: unknown/],
  'an unknown section': [(_, t) => { t.Resource = {}; }, /^Resource: unknown/],
  'an unknown key of a parameter': [(_, t) => { t.Parameters.CodeBucket.Defualt = 'x'; }, /CodeBucket\.Defualt: unknown/],
  'an unknown type of a parameter': [(_, t) => { t.Parameters.CodeBucket.Type = 'Text'; }, /CodeBucket\.Type: Text is unknown/],
  'an unknown version': [(_, t) => { t.ROSTemplateFormatVersion = '2015-09-02'; }, /ROSTemplateFormatVersion/],
};

for (const [name, [change, expected]] of Object.entries(CASES)) {
  test(`${name} is found`, () => {
    const found = broken(change);
    assert.strictEqual(found.length, 1, found.join('\n'));
    assert.match(found[0], expected);
  });
}
