package lab

// cornerCases are zones for one server, made of what the lesson zones have no
// use for.
var cornerCases = map[string]string{
	"corner.": `$ORIGIN corner.
$TTL 100
@ 50 SOA ns.host hostmaster 1 2 3 4 90
@ NS ns.host
@ NS ns1.below
@ NS any.wild
ns.host A 192.0.2.1
; several types: which one stands for ANY?
ptr-last TXT "t"
ptr-last HINFO "c" "o"
ptr-last PTR x
ptr-first PTR x
ptr-first TXT "t"
mx-last TXT "t"
mx-last MX 1 ns.host
txt-last HINFO "c" "o"
txt-last TXT "t"
aaaa-first AAAA 2001:db8::1
aaaa-first A 192.0.2.2
; aliases that lead below a delegation, into the child on this server, to nothing
to-cut CNAME www.below
to-cut-itself CNAME below
to-child CNAME www.child
to-child-nothing CNAME nobody.child
to-child-cut CNAME x.deeper.child
to-apex CNAME @
to-wild CNAME something.wild
to-ent CNAME host
to-dname CNAME a.b.moved
to-root CNAME .
; hosts below a delegation are no addresses for MX and SRV, but glue for NS
mx-below MX 1 ns1.below
mx-below MX 2 any.wild
mx-below MX 3 ns.host
mx-below MX 4 www.child
srv-below SRV 1 1 1 ns1.below
srv-below SRV 1 1 1 any.wild
below NS ns1.below
below NS ns1.other-below
below NS any.wild
below NS www.child
below NS outside.invalid.
below DS 1 8 2 0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef
ns1.below A 192.0.2.3
ns1.below AAAA 2001:db8::3
ns2.below A 192.0.2.4
other-below NS other-below
other-below A 192.0.2.5
ns1.other-below A 192.0.2.6
child NS ns.child
ns.child A 192.0.2.7
; wildcards: with an alias, with MX, under a name with data, and one that stands for a host
*.wild A 192.0.2.8
*.wild AAAA 2001:db8::8
*.wild MX 1 more.wild
*.wild TXT "w"
*.walias CNAME else.wild
*.wloop CNAME x.wloop
*.wmoved CNAME y.moved
data.wild A 192.0.2.9
deep.under.data.wild A 192.0.2.9
; DNAMEs: to a sibling, to the child, to one another, to themselves
moved DNAME host
moved2 DNAME moved
moved3 DNAME child
moved4 DNAME moved5
moved5 DNAME moved4
self DNAME self
grow DNAME grow.grow
up.up DNAME up
out DNAME outside.invalid
ns.host TXT "reached by a DNAME as well"
; a long chain
c0 CNAME c1
c1 CNAME c2
c2 CNAME c3
c3 CNAME c4
c4 CNAME c5
c5 CNAME c6
c6 CNAME c7
c7 CNAME c8
c8 CNAME www.child
`,
	"child.corner.": `$ORIGIN child.corner.
$TTL 70
@ 500 SOA ns hostmaster 1 2 3 4 20
@ NS ns
@ MX 1 www
ns A 192.0.2.7
www A 192.0.2.10
www TXT "child"
back CNAME ns.host.corner.
back-below CNAME www.below.corner.
back-nothing CNAME nobody.corner.
deeper NS ns.deeper
ns.deeper A 192.0.2.11
ns.deeper AAAA 2001:db8::11
`,
	// Names that look alike: a label boundary is not where the text says.
	"alike.": "$ORIGIN alike.\n$TTL 1\n@ SOA a\\.b hostmaster 1 2 3 4 5\n@ NS a\\.b\na\\.b A 192.0.2.1\na.b A 192.0.2.2\n\\000 TXT \"zero\"\n\\255 TXT \"255\"\nWWW A 192.0.2.3\n" +
		"\\*.star A 192.0.2.4\n",
}
