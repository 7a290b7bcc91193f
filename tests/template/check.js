// Checks a template against the ROS resource schemas, without a network:
//
//   node tests/template/check.js template.yml
//
// Every resource is built with the library class of its type, which finds what is missing, of a wrong type, or out of
// range; and what the class would drop is found by its name. Targets of Ref and Fn::GetAtt, and what stands in a trigger's
// TriggerConfig, no schema knows: the Rust tests look at those.
'use strict';

const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { core, yaml, resourceType, renamed } = require('./schema');

const SECTIONS = ['ROSTemplateFormatVersion', 'Description', 'Parameters', 'Mappings', 'Conditions', 'Resources', 'Outputs', 'Metadata'];
const OF_PARAMETER = ['Type', 'Default', 'Description', 'Label', 'NoEcho', 'AllowedValues', 'AllowedPattern', 'MinValue',
  'MaxValue', 'MinLength', 'MaxLength', 'ConstraintDescription', 'AssociationProperty', 'AssociationPropertyMetadata', 'Confirm'];
const PARAMETER_TYPES = ['String', 'Number', 'CommaDelimitedList', 'Json', 'Boolean'];
const OF_RESOURCE = ['Type', 'Properties', 'DependsOn', 'Condition', 'DeletionPolicy', 'Metadata'];
const OF_OUTPUT = ['Value', 'Description', 'Label', 'Condition', 'NoEcho'];

// Every app of the library makes a folder for what it writes; nothing is written here, so one serves all.
const outdir = fs.mkdtempSync(path.join(os.tmpdir(), 'causeway-template-'));
process.on('exit', () => fs.rmSync(outdir, { recursive: true, force: true }));

/** Everything that is wrong with a template's text, a line each. */
function problems(text) {
  const template = yaml.load(text);
  const found = [];
  const keys = (value, known, where) => {
    for (const key of Object.keys(value || {})) {
      if (!known.includes(key)) found.push(`${where}${key}: unknown`);
    }
  };
  keys(template, SECTIONS, '');
  if (template.ROSTemplateFormatVersion !== '2015-09-01') found.push('ROSTemplateFormatVersion: must be 2015-09-01');
  for (const [name, parameter] of Object.entries(template.Parameters || {})) {
    keys(parameter, OF_PARAMETER, `Parameters.${name}.`);
    if (!PARAMETER_TYPES.includes(parameter.Type)) found.push(`Parameters.${name}.Type: ${parameter.Type} is unknown`);
  }
  for (const [name, output] of Object.entries(template.Outputs || {})) {
    keys(output, OF_OUTPUT, `Outputs.${name}.`);
    if (output.Value === undefined) found.push(`Outputs.${name}.Value: missing`);
  }
  const resources = template.Resources || {};
  for (const [name, resource] of Object.entries(resources)) {
    keys(resource, OF_RESOURCE, `Resources.${name}.`);
    found.push(...ofResource(name, resource));
  }
  found.push(...ofAttributes(template, resources, ''));
  return found;
}

/** What is wrong with one resource. */
function ofResource(name, { Type: type, Properties: properties = {} }) {
  const where = `Resources.${name}`;
  const schema = resourceType(type);
  if (!schema) return [`${where}.Type: ${type} is unknown`];
  const unknown = [];
  const given = renamed(properties, schema.source, schema.renderer, '', unknown);
  const found = unknown.map((property) => `${where}.Properties${property}: unknown`);
  try {
    const app = new core.App({ outdir });
    const stack = new core.Stack(app, 'stack');
    const resource = new schema.Class(stack, name, given, true);
    const rendered = stack.resolve(resource._toRosTemplate()).Resources[name].Properties || {};
    found.push(...dropped(properties, rendered, '')
      .filter((property) => !unknown.includes(property))
      .map((property) => `${where}.Properties${property}: dropped by the schema`));
  } catch (error) {
    found.push(`${where}.Properties: ${error.message.trim()}`);
  }
  return found;
}

/** What stands in the template and not in what the class renders. */
function dropped(given, rendered, where) {
  if (given === null || typeof given !== 'object') return [];
  return Object.keys(given).flatMap((key) => {
    const inner = Array.isArray(given) ? `${where}[${key}]` : `${where}.${key}`;
    const found = rendered === null || typeof rendered !== 'object' ? undefined : rendered[key];
    return found === undefined ? [inner] : dropped(given[key], found, inner);
  });
}

/** Attributes that no resource of the type has. That the resource is there is checked elsewhere. */
function ofAttributes(value, resources, where) {
  if (value === null || typeof value !== 'object') return [];
  return Object.entries(value).flatMap(([key, inner]) => {
    const here = where ? `${where}.${key}` : key;
    if (key === 'Fn::GetAtt' && Array.isArray(inner) && resources[inner[0]]) {
      const schema = resourceType(resources[inner[0]].Type);
      const known = !schema || schema.attributes.includes(inner[1]);
      return known ? [] : [`${here}: ${resources[inner[0]].Type} has no attribute ${inner[1]}`];
    }
    return ofAttributes(inner, resources, here);
  });
}

module.exports = { problems };

if (require.main === module) {
  let count = 0;
  for (const file of process.argv.slice(2)) {
    for (const problem of problems(fs.readFileSync(file, 'utf8'))) {
      console.error(`${file}: ${problem}`);
      count += 1;
    }
  }
  console.log(count ? `${count} problems` : 'the templates fit the ROS resource schemas');
  process.exitCode = count ? 1 : 0;
}
