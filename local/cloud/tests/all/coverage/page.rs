//! The page.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use causeway_local::calls::Product;
use causeway_local::coverage::{Coverage, Operation};
use causeway_local::delays::Wait;

const HEAD: &str = "# What the local cloud offers

Written from the tables of the local cloud by `CAUSEWAY_WRITE=1 cargo test -p causeway-local --test all coverage`; the same test
without the variable fails when this page is stale. Do not edit it.

How far to trust it:

- **Operations** are those of each product's dispatch. What is not listed is refused as unknown. The test sends every
  operation of the RPC products through the gateway.
- **Codes** are those of the `codes.txt` beside each product. The tests of the local cloud fail when a call is refused with a
  code that its operation does not name; a few of those named may be impossible in practice. Codes that any call can be
  refused with are listed once for the product, faults on demand among them.
- **States** are the changes that an operation begins and that take cloud time, with what they take by default. They are set
  by `PUT /_local/delays`.

";

fn title(product: Product) -> &'static str {
    match product {
        Product::Vpc => "Virtual private clouds, Express Connect included",
        Product::VpcPeer => "VPC peering connections",
        Product::Ecs => "Elastic Compute Service: groups, instances, commands",
        Product::Slb => "Classic load balancers (Slb)",
        Product::Nlb => "Network load balancers (Nlb)",
        Product::Alb => "Application load balancers (Alb)",
        Product::Privatelink => "Private links: services, endpoints, connections",
        Product::Cdt => "Cloud Data Transfer",
        Product::Sts => "Security Token Service",
        Product::Mns => "Message Service (SMQ), the XML API",
        Product::MnsOpen => "Message Service, the control plane (Mns-open)",
        Product::Oss => "Object Storage Service",
        Product::Fc => "Function Compute, the management API and HTTP triggers",
        Product::Sls => "Simple Log Service",
        Product::Ram => "Resource Access Management",
        Product::ResourceManager => "Resource Management: service-linked roles",
        Product::EventBridge => "EventBridge: opening, service-linked roles, streams of function triggers",
        Product::Bss => "Billing: orders that open a product (BssOpenApi)",
        Product::Ros => "Resource Orchestration Service",
        Product::OssOpen => "Object Storage Service, opening",
        Product::FcOpen => "Function Compute, opening (FC-Open)",
        Product::Jdcloud => "JD Cloud: virtual private clouds",
    }
}

/// The whole page.
pub fn write(products: &[Coverage]) -> String {
    let mut page = HEAD.to_owned();
    let _ = writeln!(page, "| product | operations | of these writing | codes |\n| --- | --- | --- | --- |");
    for product in products {
        let writing = product.operations.iter().filter(|operation| operation.writes).count();
        let all: BTreeSet<&&str> =
            product.operations.iter().flat_map(|operation| &operation.codes).chain(&product.common).collect();
        let (title, operations) = (title(product.product), product.operations.len());
        let _ = writeln!(page, "| {title} | {operations} | {writing} | {} |", all.len());
    }
    for product in products {
        section(&mut page, product);
    }
    states(&mut page);
    page
}

fn section(page: &mut String, product: &Coverage) {
    let version = product.version.map(|version| format!(", {version}")).unwrap_or_default();
    let (title, common) = (title(product.product), list(product.common.iter().copied()));
    let _ = writeln!(page, "\n## {title}{version}\n\nAny call: {common}\n");
    let waits = product.operations.iter().any(|operation| !operation.begins.is_empty());
    let (head, rule) = if waits { (" | states", " | ---") } else { ("", "") };
    let _ = writeln!(page, "| operation | | codes{head} |\n| --- | --- | ---{rule} |");
    for Operation { name, writes, codes, begins } in &product.operations {
        let kind = if *writes { "writes" } else { "reads" };
        let begins = list(begins.iter().map(|wait| wait.name()));
        let states = if waits { format!(" | {begins}") } else { String::new() };
        let _ = writeln!(page, "| {name} | {kind} | {}{states} |", list(codes.iter().copied()));
    }
}

fn list(names: impl Iterator<Item = &'static str>) -> String {
    names.map(|name| format!("`{name}`")).collect::<Vec<_>>().join(" ")
}

/// What each state change is and takes.
fn states(page: &mut String) {
    let _ = writeln!(page, "\n## States\n\n| change | what | takes |\n| --- | --- | --- |");
    for wait in Wait::ALL {
        let (name, takes) = (wait.name(), wait.default_duration().as_secs_f64());
        let _ = writeln!(page, "| `{name}` | {} | {takes:.1} s |", wait.what());
    }
}
