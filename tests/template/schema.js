// The ROS resource schemas, as the CDK libraries hold them.
//
// Each library has a class per resource type that validates its properties, and functions that render them. The libraries
// name properties in their own way (TTL is ttl, Id is identity) and silently drop those they do not know, so names are
// taken from the tables inside the rendering functions.
'use strict';

const fs = require('node:fs');
const path = require('node:path');
const { createRequire } = require('node:module');

const HOME = path.join(__dirname, '..', '..', '.venv-template');
const load = createRequire(path.join(HOME, 'index.js'));

const core = load('@alicloud/ros-cdk-core');
const yaml = load('js-yaml');

/** The class, the source text and the properties' rendering function of a resource type; null for an unknown one. */
function resourceType(type) {
  const [cloud, product, name, ...rest] = String(type).split('::');
  if (cloud !== 'ALIYUN' || !product || !name || rest.length) return null;
  const folder = `@alicloud/ros-cdk-${product.toLowerCase()}`;
  let library;
  try {
    library = load(folder);
  } catch (error) {
    if (error.code !== 'MODULE_NOT_FOUND') throw error;
    return null;
  }
  const Class = library[`Ros${name}`];
  if (!Class || Class.ROS_RESOURCE_TYPE_NAME !== type) return null;
  const lib = path.join(HOME, 'node_modules', folder, 'lib', `${product.toLowerCase()}.generated.js`);
  const source = fs.readFileSync(lib, 'utf8');
  return { Class, source, renderer: `ros${name}PropsToRosTemplate`, attributes: attributes(source, name) };
}

/** The names that Fn::GetAtt may ask a resource type for. */
function attributes(source, name) {
  const begin = source.indexOf(`class Ros${name} extends`);
  const end = source.indexOf('\nclass ', begin + 1);
  const own = source.slice(begin, end < 0 ? undefined : end);
  return [...own.matchAll(/this\.getAtt\('([^']+)'\)/g)].map((match) => match[1]);
}

/** A rendering function's table: name in templates -> { name in the library, function that renders the value }. */
function table(source, renderer) {
  const begin = source.indexOf(`function ${renderer}(`);
  if (begin < 0) throw new Error(`the schemas have no ${renderer}`);
  const end = source.indexOf('\n}\n', begin);
  const lines = source.slice(begin, end).matchAll(/^\s+'(\w+)': (.*)\(properties\.(\w+)\),?$/gm);
  return new Map([...lines].map(([, name, renders, own]) => [name, { own, renders }]));
}

/** Whether a value is an intrinsic function, which only ROS itself can evaluate. */
function isIntrinsic(value) {
  const keys = value && typeof value === 'object' && !Array.isArray(value) ? Object.keys(value) : [];
  return keys.length === 1 && (keys[0] === 'Ref' || keys[0].startsWith('Fn::'));
}

/** Something the libraries take for any value and render as it is. */
const asToken = (value) => ({ resolve: () => value, creationStack: [] });

/** Properties under the library's names. Names that the schema does not have go to `unknown`. */
function renamed(value, source, renderer, where, unknown) {
  if (isIntrinsic(value)) return asToken(value);
  if (Array.isArray(value)) {
    return value.map((item, index) => renamed(item, source, renderer, `${where}[${index}]`, unknown));
  }
  if (!value || typeof value !== 'object' || !renderer) return tokens(value);
  const known = table(source, renderer);
  const result = {};
  for (const [name, inner] of Object.entries(value)) {
    const entry = known.get(name);
    if (entry) {
      const nested = entry.renders.match(/\b(ros\w+ToRosTemplate)\b/);
      result[entry.own] = renamed(inner, source, nested && nested[1], `${where}.${name}`, unknown);
    } else {
      unknown.push(`${where}.${name}`);
    }
  }
  return result;
}

/** A value without a schema of its own, such as a map: intrinsic functions in it become tokens. */
function tokens(value) {
  if (isIntrinsic(value)) return asToken(value);
  if (Array.isArray(value)) return value.map(tokens);
  if (!value || typeof value !== 'object') return value;
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, tokens(inner)]));
}

module.exports = { core, yaml, resourceType, renamed };
