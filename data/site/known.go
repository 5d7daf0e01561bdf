package site

import (
	"strings"

	"greffier/app/promise"
	"greffier/app/register"
)

// known is a tracker that many sites carry, with what its owner and the
// authorities say of it. The CNIL exempts what is strictly necessary for the
// service that the visitor asked for (deliberation 2020-091 of 17 September
// 2020, point 49).
type known struct {
	id, name, owner, category string
	purpose                   register.Text
	lifetime                  string
	exempt                    bool
	hosts                     []string // and everything below them
	cookies                   []string // a final * stands for anything
	inline                    []string // what a snippet in the page says
}

func both(fr, en string) register.Text { return register.Text{FR: fr, EN: en} }

var (
	audience  = both("Mesure d'audience", "Audience measurement")
	ads       = both("Publicité ciblée et mesure de ses effets", "Targeted advertising and measuring its effect")
	replay    = both("Enregistrement du parcours des visiteurs", "Recording what visitors do on the pages")
	social    = both("Contenus et partage d'un réseau social", "Content and sharing of a social network")
	chat      = both("Messagerie instantanée avec la boutique", "Chat with the shop")
	fonts     = both("Polices de caractères servies par un tiers", "Typefaces served by a third party")
	files     = both("Fichiers du site servis par un tiers", "Files of the site served by a third party")
	video     = both("Lecture de vidéos", "Playing of videos")
	maps      = both("Carte géographique", "Map")
	robots    = both("Distinguer les personnes des robots", "Telling persons from robots")
	session   = both("Session du visiteur", "The visitor's session")
	basket    = both("Panier et commande", "Basket and order")
	login     = both("Connexion au compte", "Signing in to the account")
	choice    = both("Se souvenir du choix en matière de traceurs", "Remembering the choice on trackers")
	safety    = both("Sécurité du site", "Security of the site")
	payment   = both("Paiement et lutte contre la fraude", "Payment and prevention of fraud")
	newsltr   = both("Lettre d'information et relances", "Newsletter and reminders")
	tagManage = both("Chargement d'autres traceurs", "Loading of other trackers")
	tests     = both("Essais de variantes des pages", "Tests of variants of the pages")
	language  = both("Langue choisie", "Language chosen")
)

// table holds the trackers that are known, those of one owner together.
var table = []known{
	{id: "ga", name: "Google Analytics", owner: "Google", category: "audience", purpose: audience, lifetime: "13 months",
		hosts: []string{"google-analytics.com", "analytics.google.com"}, cookies: []string{"_ga", "_ga_*", "_gid", "_gat*", "__utm*"}, inline: []string{"gtag('config'", `gtag("config"`, "ga('create'", "GoogleAnalyticsObject"}},
	{id: "gtm", name: "Google Tag Manager", owner: "Google", category: "other", purpose: tagManage, lifetime: "none", hosts: []string{"googletagmanager.com"}, inline: []string{"gtm.start", "googletagmanager.com/gtm.js"}},
	{id: "gads", name: "Google Ads", owner: "Google", category: "advertising", purpose: ads, lifetime: "13 months",
		hosts: []string{"doubleclick.net", "googleadservices.com", "googlesyndication.com", "adservice.google.com"}, cookies: []string{"_gcl_*", "__gads", "__gpi", "IDE", "test_cookie", "NID", "DSID"}},
	{id: "gfonts", name: "Google Fonts", owner: "Google", category: "other", purpose: fonts, lifetime: "none", hosts: []string{"fonts.googleapis.com", "fonts.gstatic.com"}},
	{id: "gmaps", name: "Google Maps", owner: "Google", category: "other", purpose: maps, lifetime: "6 months", hosts: []string{"maps.googleapis.com", "maps.google.com"}},
	{id: "recaptcha", name: "reCAPTCHA", owner: "Google", category: "other", purpose: robots, lifetime: "6 months", hosts: []string{"recaptcha.net"}, cookies: []string{"_GRECAPTCHA"}, inline: []string{"google.com/recaptcha"}},
	{id: "youtube", name: "YouTube", owner: "Google", category: "social", purpose: video, lifetime: "6 months", hosts: []string{"youtube.com", "youtube-nocookie.com", "ytimg.com"}, cookies: []string{"VISITOR_INFO1_LIVE", "YSC"}},
	{id: "meta", name: "Meta Pixel", owner: "Meta", category: "advertising", purpose: ads, lifetime: "3 months", hosts: []string{"connect.facebook.net", "facebook.com"}, cookies: []string{"_fbp", "_fbc", "fr"}, inline: []string{"fbq('init'", `fbq("init"`}},
	{id: "instagram", name: "Instagram", owner: "Meta", category: "social", purpose: social, lifetime: "12 months", hosts: []string{"instagram.com", "cdninstagram.com"}},
	{id: "tiktok", name: "TikTok Pixel", owner: "TikTok", category: "advertising", purpose: ads, lifetime: "13 months", hosts: []string{"analytics.tiktok.com"}, cookies: []string{"_ttp", "_tt_enable_cookie"}, inline: []string{"TiktokAnalyticsObject"}},
	{id: "pinterest", name: "Pinterest Tag", owner: "Pinterest", category: "advertising", purpose: ads, lifetime: "12 months", hosts: []string{"pinimg.com", "pinterest.com"}, cookies: []string{"_pin_unauth", "_pinterest_*"}, inline: []string{"pintrk('load'", `pintrk("load"`}},
	{id: "snap", name: "Snap Pixel", owner: "Snap", category: "advertising", purpose: ads, lifetime: "13 months", hosts: []string{"sc-static.net", "tr.snapchat.com"}, cookies: []string{"_scid*"}, inline: []string{"snaptr('init'"}},
	{id: "linkedin", name: "LinkedIn Insight", owner: "LinkedIn", category: "advertising", purpose: ads, lifetime: "6 months", hosts: []string{"licdn.com", "px.ads.linkedin.com"}, cookies: []string{"li_fat_id", "bcookie", "lidc"}, inline: []string{"_linkedin_partner_id"}},
	{id: "bing", name: "Microsoft Advertising", owner: "Microsoft", category: "advertising", purpose: ads, lifetime: "13 months", hosts: []string{"bat.bing.com"}, cookies: []string{"_uet*", "MUID"}, inline: []string{"bat.bing.com"}},
	{id: "clarity", name: "Microsoft Clarity", owner: "Microsoft", category: "audience", purpose: replay, lifetime: "12 months", hosts: []string{"clarity.ms"}, cookies: []string{"_clck", "_clsk", "CLID"}, inline: []string{"clarity.ms/tag"}},
	{id: "hotjar", name: "Hotjar", owner: "Hotjar", category: "audience", purpose: replay, lifetime: "12 months", hosts: []string{"hotjar.com", "hotjar.io"}, cookies: []string{"_hj*"}, inline: []string{"static.hotjar.com"}},
	{id: "matomo", name: "Matomo", owner: "Matomo", category: "audience", purpose: audience, lifetime: "13 months", hosts: []string{"matomo.cloud"}, cookies: []string{"_pk_*", "mtm_*", "MATOMO_SESSID"}, inline: []string{"_paq.push"}},
	{id: "plausible", name: "Plausible", owner: "Plausible", category: "audience", purpose: audience, lifetime: "none", hosts: []string{"plausible.io"}},
	{id: "piano", name: "Piano Analytics", owner: "Piano", category: "audience", purpose: audience, lifetime: "13 months", hosts: []string{"xiti.com", "aticdn.net"}, cookies: []string{"atuserid", "_pcid", "_pctx"}},
	{id: "criteo", name: "Criteo", owner: "Criteo", category: "advertising", purpose: ads, lifetime: "13 months", hosts: []string{"criteo.com", "criteo.net"}, cookies: []string{"cto_*"}},
	{id: "taboola", name: "Taboola", owner: "Taboola", category: "advertising", purpose: ads, lifetime: "13 months", hosts: []string{"taboola.com"}, cookies: []string{"t_gid"}},
	{id: "outbrain", name: "Outbrain", owner: "Outbrain", category: "advertising", purpose: ads, lifetime: "3 months", hosts: []string{"outbrain.com"}},
	{id: "x", name: "X (Twitter)", owner: "X Corp.", category: "social", purpose: social, lifetime: "13 months", hosts: []string{"ads-twitter.com", "platform.twitter.com", "t.co"}, cookies: []string{"muc_ads", "personalization_id"}, inline: []string{"twq('init'", "twq('config'"}},
	{id: "hubspot", name: "HubSpot", owner: "HubSpot", category: "advertising", purpose: newsltr, lifetime: "6 months", hosts: []string{"hs-scripts.com", "hs-analytics.net", "hubspot.com", "hsforms.net"}, cookies: []string{"hubspotutk", "__hstc", "__hssc", "__hssrc"}},
	{id: "klaviyo", name: "Klaviyo", owner: "Klaviyo", category: "advertising", purpose: newsltr, lifetime: "24 months", hosts: []string{"klaviyo.com"}, cookies: []string{"__kla_id"}},
	{id: "brevo", name: "Brevo", owner: "Brevo", category: "advertising", purpose: newsltr, lifetime: "6 months", hosts: []string{"sibautomation.com", "sendinblue.com", "brevo.com"}, cookies: []string{"sib_cuid", "uuid_sib"}},
	{id: "mailchimp", name: "Mailchimp", owner: "Intuit", category: "advertising", purpose: newsltr, lifetime: "12 months", hosts: []string{"list-manage.com", "chimpstatic.com"}, cookies: []string{"mailchimp_*", "_mcid"}},
	{id: "crisp", name: "Crisp", owner: "Crisp", category: "other", purpose: chat, lifetime: "6 months", hosts: []string{"crisp.chat"}, cookies: []string{"crisp-client*"}, inline: []string{"CRISP_WEBSITE_ID"}},
	{id: "tawk", name: "tawk.to", owner: "tawk.to", category: "other", purpose: chat, lifetime: "6 months", hosts: []string{"tawk.to"}, cookies: []string{"twk_*", "TawkConnectionTime"}},
	{id: "intercom", name: "Intercom", owner: "Intercom", category: "other", purpose: chat, lifetime: "9 months", hosts: []string{"intercom.io", "intercomcdn.com"}, cookies: []string{"intercom-*"}},
	{id: "zendesk", name: "Zendesk", owner: "Zendesk", category: "other", purpose: chat, lifetime: "12 months", hosts: []string{"zdassets.com", "zopim.com"}, cookies: []string{"__zlcmid"}},
	{id: "vimeo", name: "Vimeo", owner: "Vimeo", category: "social", purpose: video, lifetime: "24 months", hosts: []string{"vimeo.com", "vimeocdn.com"}, cookies: []string{"vuid"}},
	{id: "dailymotion", name: "Dailymotion", owner: "Dailymotion", category: "social", purpose: video, lifetime: "13 months", hosts: []string{"dailymotion.com", "dmcdn.net"}},
	{id: "spotify", name: "Spotify", owner: "Spotify", category: "social", purpose: social, lifetime: "12 months", hosts: []string{"spotify.com", "scdn.co"}},
	{id: "optimizely", name: "Optimizely", owner: "Optimizely", category: "audience", purpose: tests, lifetime: "6 months", hosts: []string{"optimizely.com"}, cookies: []string{"optimizely*"}},
	{id: "abtasty", name: "AB Tasty", owner: "AB Tasty", category: "audience", purpose: tests, lifetime: "13 months", hosts: []string{"abtasty.com"}, cookies: []string{"ABTasty*"}},
	{id: "jsdelivr", name: "jsDelivr", owner: "jsDelivr", category: "other", purpose: files, lifetime: "none", hosts: []string{"jsdelivr.net"}},
	{id: "cdnjs", name: "cdnjs", owner: "Cloudflare", category: "other", purpose: files, lifetime: "none", hosts: []string{"cdnjs.cloudflare.com"}},
	{id: "unpkg", name: "unpkg", owner: "unpkg", category: "other", purpose: files, lifetime: "none", hosts: []string{"unpkg.com"}},
	{id: "fontawesome", name: "Font Awesome", owner: "Fonticons", category: "other", purpose: fonts, lifetime: "none", hosts: []string{"fontawesome.com"}},
	{id: "typekit", name: "Adobe Fonts", owner: "Adobe", category: "other", purpose: fonts, lifetime: "none", hosts: []string{"typekit.net"}},
	{id: "gravatar", name: "Gravatar", owner: "Automattic", category: "social", purpose: social, lifetime: "none", hosts: []string{"gravatar.com"}},
	{id: "jetpack", name: "Jetpack Stats", owner: "Automattic", category: "audience", purpose: audience, lifetime: "24 months", hosts: []string{"stats.wp.com", "pixel.wp.com"}, cookies: []string{"tk_*"}},
	{id: "woo-sourcebuster", name: "WooCommerce order attribution", owner: "Automattic", category: "audience", purpose: audience, lifetime: "6 months", cookies: []string{"sbjs_*"}},
	{id: "shopify-stats", name: "Shopify analytics", owner: "Shopify", category: "audience", purpose: audience, lifetime: "13 months", hosts: []string{"monorail-edge.shopifysvc.com"}, cookies: []string{"_shopify_y", "_shopify_s", "_shopify_sa_*", "_y", "_s", "_landing_page", "_orig_referrer"}},
	{id: "stripe", name: "Stripe", owner: "Stripe", category: "necessary", purpose: payment, lifetime: "12 months", hosts: []string{"stripe.com", "stripe.network"}, cookies: []string{"__stripe_mid", "__stripe_sid"}},
	{id: "paypal", name: "PayPal", owner: "PayPal", category: "necessary", purpose: payment, lifetime: "36 months", hosts: []string{"paypal.com", "paypalobjects.com"}},
	// What the service itself needs.
	{id: "session", name: "", category: "necessary", purpose: session, lifetime: "session", exempt: true, cookies: []string{"PHPSESSID", "JSESSIONID", "ASP.NET_SessionId", "sid", "session", "sessionid", "connect.sid", "PrestaShop-*", "laravel_session"}},
	{id: "basket", name: "", category: "necessary", purpose: basket, lifetime: "2 days", exempt: true, cookies: []string{"woocommerce_*", "wp_woocommerce_session_*", "cart", "cart_*", "_shopify_essential", "checkout", "vendure-*"}},
	{id: "login", name: "", category: "necessary", purpose: login, lifetime: "session", exempt: true, cookies: []string{"wordpress_*", "wp-settings-*", "secure_customer_sig", "keep_alive", "_secure_session_id"}},
	{id: "choice", name: "", category: "choice", purpose: choice, lifetime: "6 months", exempt: true, cookies: []string{"tarteaucitron", "axeptio_*", "CookieConsent", "OptanonConsent", "OptanonAlertBoxClosed", "didomi_token", "euconsent-v2", "cookielawinfo-*", "cmplz_*", "_tracking_consent", "cookie_consent*", "cc_cookie"}},
	{id: "safety", name: "", category: "necessary", purpose: safety, lifetime: "session", exempt: true, cookies: []string{"csrftoken", "XSRF-TOKEN", "_csrf*", "__cf_bm", "cf_clearance", "__Host-csrf*", "AWSALB*", "SERVERID", "incap_ses_*"}},
	{id: "language", name: "", category: "necessary", purpose: language, lifetime: "12 months", exempt: true, cookies: []string{"lang", "locale", "pll_language", "wp-wpml_*", "localization"}},
}

func below(host, domain string) bool { return host == domain || strings.HasSuffix(host, "."+domain) }

// ofHost returns the tracker that a host belongs to.
func ofHost(host string) *known {
	host = strings.ToLower(host)
	for i := range table {
		for _, d := range table[i].hosts {
			if below(host, d) {
				return &table[i]
			}
		}
	}
	return nil
}

// ofCookie returns the tracker that a cookie's name belongs to.
func ofCookie(name string) *known {
	for i := range table {
		for _, c := range table[i].cookies {
			stem, wild := strings.CutSuffix(c, "*")
			if name == c || wild && strings.HasPrefix(name, stem) {
				return &table[i]
			}
		}
	}
	return nil
}

// ofSnippet returns the trackers that a script in the page starts.
func ofSnippet(text string) (out []*known) {
	for i := range table {
		for _, s := range table[i].inline {
			if strings.Contains(text, s) {
				out = append(out, &table[i])
				break
			}
		}
	}
	return out
}

// tell adds to what was found what is known of it.
func (k *known) tell(f promise.SiteFound) promise.SiteFound {
	if k == nil {
		return f
	}
	if f.Name == "" {
		f.Name = k.name
	}
	f.Known, f.Owner, f.Purpose, f.Category, f.Exempt = k.id, k.owner, k.purpose, k.category, k.exempt
	if f.Lifetime == "" {
		f.Lifetime = k.lifetime
	}
	return f
}
